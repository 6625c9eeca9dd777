/** Audit events: what is said of a transition, a refusal, a note. */
import type { AnyEventObject } from "xstate";
import type { Ids } from "../base/ids.ts";
import { isoTime } from "../base/time.ts";
import type { AuditRow } from "../store/port.ts";
import type { AuditNote, EntityAudit } from "./entity.ts";
import { entityId } from "./entity-rows.ts";
import type { Group } from "./group.ts";
import type { Live } from "./live.ts";

export interface AuditContext {
  readonly ids: Ids;
  group(): Group;
  /** Now, in milliseconds since 1970; never before what was recorded last. */
  recordedMs(): number;
}

export interface AuditParts {
  readonly eventType: string;
  readonly entityId: string;
  readonly from: string;
  readonly to: string;
  readonly trigger: string;
  readonly severity: string;
  readonly audit: EntityAudit;
}

/** What most events have of both: thousands of them wait for one commit. */
const nothing: Readonly<Record<string, never>> = Object.freeze({});

/**
 * Adds an audit event to the coming commit. Its texts may be cut from longer ones, in the middle of a character: the
 * store would keep another text than the one that was hashed (I7).
 */
export function addAudit(context: AuditContext, live: Live, parts: AuditParts): void {
  const now = context.recordedMs();
  const row: AuditRow = {
    event_id: `evt_${context.ids.next(now)}`,
    event_type: parts.eventType,
    entity_type: live.type.name,
    entity_id: parts.entityId.toWellFormed(),
    from_state: parts.from,
    to_state: parts.to,
    trigger: parts.trigger.toWellFormed(),
    reason: parts.audit.reason?.toWellFormed() ?? null,
    severity: parts.severity,
    operator: parts.audit.operator?.toWellFormed() ?? null,
    metadata: parts.audit.metadata ?? nothing,
    context: parts.audit.context ?? nothing,
    evidence: parts.audit.evidence ?? null,
    transitioned_at: isoTime(now),
  };
  context.group().audits.push(row);
}

/** Something about an actor that changes nothing of it and belongs in the log. */
export function recordNote(context: AuditContext, live: Live, note: AuditNote): void {
  const state = live.state ?? "";
  addAudit(context, live, {
    eventType: note.type,
    entityId: entityId(live),
    from: state,
    to: state,
    trigger: note.trigger,
    severity: note.type === "error" ? "error" : "warning",
    audit: { reason: note.reason, operator: note.operator },
  });
}

/** An event that the present state does not accept: in the log, with the state unchanged (I5). */
export function recordRefusal(context: AuditContext, live: Live, event: AnyEventObject, reason: string): void {
  const state = live.state ?? "";
  addAudit(context, live, {
    eventType: "error",
    entityId: entityId(live),
    from: state,
    to: state,
    trigger: event.type,
    severity: "error",
    audit: { reason, operator: textMember(event, "operator") },
  });
}

const severities = ["info", "warning", "error", "critical"];

/** `meta` belongs to the machine's author, who may mean something else by the word. */
export function severityOf(meta: Readonly<Record<string, unknown>>): string {
  const severity = textMember(meta, "severity");
  return severity !== undefined && severities.includes(severity) ? severity : "info";
}

export function textMember(object: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = object[name];
  return typeof value === "string" ? value : undefined;
}
