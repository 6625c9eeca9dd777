import type { EventObject } from "xstate";
import { type EntityType, eventFault } from "../../../machines/index.ts";
import { PawlError } from "../../base/errors/index.ts";
import type { EntityAudit, EntityBinding, EntityRow, EntityStep } from "../../runtime/index.ts";
import { validateTransition } from "../../store/domain/validate.ts";
import type { DomainWrite, SqlValue } from "../../store/port.ts";

/** One step of an entity whose machine has this context. */
export interface BoundStep<Context> extends Omit<EntityStep, "before" | "snapshot"> {
  readonly context: Context;
  /** The context before the step; undefined when the entity is made. */
  readonly before: Context | undefined;
  /** The entity is made by this step. */
  readonly isNew: boolean;
  /** The step leads into another state. */
  readonly enters: boolean;
}

type Values = DomainWrite["values"];

interface BindingParts<Context> {
  readonly entity: EntityType;
  readonly eventPrefix: string;
  readonly table: string;
  readonly key: string;
  /** Its row says nothing of its context but what it was made with. */
  readonly rowOfState?: boolean;
  idOf(context: Context, actorId: string): string;
  /** Columns that are written once, when the row is made, besides key and state. */
  fixed(step: BoundStep<Context>): Values;
  /** Columns that follow each step. */
  values(step: BoundStep<Context>): Values;
  /** Columns that are written only while they are NULL. */
  once?(step: BoundStep<Context>): Values | undefined;
  /** Rows that come before its own when it is made. */
  rowsBefore?(step: BoundStep<Context>): readonly EntityRow[];
  /** Metadata of its audit events. §7.2 */
  metadata(step: BoundStep<Context>): Readonly<Record<string, unknown>>;
  /** Why, where the event does not say so itself. */
  reason?(step: BoundStep<Context>): string | null;
  place(context: Context): { readonly run_id: string | null; readonly workstream_id: string | null };
}

/** Binds one machine of the catalogue to its table. Every step is checked against the catalogue first (I5). */
export function bindEntity<Context>(parts: BindingParts<Context>): EntityBinding {
  return {
    eventPrefix: parts.eventPrefix,
    rowOfState: parts.rowOfState === true,
    idOf: (actorId, snapshot) => parts.idOf(snapshot.context as Context, actorId),
    checkEvent: (event, id) => {
      const fault = eventFault(parts.entity, event);
      if (fault !== undefined) {
        throw new PawlError("EVENT_PAYLOAD", { entity: parts.entity, id, event: event.type, fault });
      }
    },
    checkStep: ({ entityId, from, to, trigger }) =>
      validateTransition(parts.entity, from, to, { trigger, id: entityId }),
    rowsOf: (step) => rowsOf(parts, bound<Context>(step)),
    auditOf: (step) => auditOf(parts, bound<Context>(step)),
  };
}

/** Member by member: to spread an object costs ten times as much, and this is done several times a step. */
function bound<Context>({ entityId, from, to, trigger, event, before, snapshot, at }: EntityStep): BoundStep<Context> {
  return {
    entityId,
    from,
    to,
    trigger,
    event,
    at,
    context: snapshot.context as Context,
    before: before?.context as Context | undefined,
    isNew: from === undefined,
    enters: from !== to,
  };
}

function rowsOf<Context>(parts: BindingParts<Context>, step: BoundStep<Context>): EntityRow[] {
  const once = parts.once?.(step);
  const { table, key } = parts;
  const values: Record<string, SqlValue> = { [parts.key]: step.entityId, state: step.to };
  if (step.isNew) {
    Object.assign(values, parts.fixed(step));
  }
  Object.assign(values, parts.values(step));
  const row: EntityRow = once === undefined ? { table, key, values } : { table, key, values, once };
  return step.isNew ? [...(parts.rowsBefore?.(step) ?? []), row] : [row];
}

function auditOf<Context>(parts: BindingParts<Context>, step: BoundStep<Context>): EntityAudit {
  const { run_id, workstream_id } = parts.place(step.context);
  return {
    reason: textOf(step.event, "reason") ?? parts.reason?.(step) ?? undefined,
    metadata: parts.metadata(step),
    context: { run_id, workstream_id, phase_id: null },
  };
}

function textOf(event: EventObject, name: string): string | undefined {
  const value: unknown = (event as unknown as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}
