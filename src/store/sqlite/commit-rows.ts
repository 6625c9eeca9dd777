/** A commit as the statements bind it. */
import { canonicalJson } from "../../base/canonical-json.ts";
import type { AuditText } from "../chain.ts";
import { type JournalPage, journalPages } from "../journal-pages.ts";
import type { ActorRow, AuditRow, Commit } from "../port.ts";

export interface CommitRows extends Omit<Commit, "journal" | "audits"> {
  /** What left the tree goes first, so that its id is free for a successor of the same name. */
  readonly actors: readonly ActorRow[];
  readonly journal: readonly JournalPage[];
  readonly audits: readonly AuditText[];
}

export function commitRows(commit: Commit): CommitRows {
  return {
    ...commit,
    actors: leftFirst(commit.actors),
    journal: journalPages(commit.journal),
    audits: commit.audits.map(auditText),
  };
}

const isLeft = ({ live }: ActorRow): boolean => !live;

export const leftFirst = (actors: readonly ActorRow[]): readonly ActorRow[] =>
  actors.some(isLeft) ? [...actors.filter(isLeft), ...actors.filter(({ live }) => live)] : actors;

const auditText = (row: AuditRow): AuditText => ({
  event_id: row.event_id,
  event_type: row.event_type,
  entity_type: row.entity_type,
  entity_id: row.entity_id,
  from_state: row.from_state,
  to_state: row.to_state,
  trigger: row.trigger,
  reason: row.reason,
  severity: row.severity,
  operator: row.operator,
  metadata: jsonOf(row.metadata),
  context: jsonOf(row.context),
  evidence: evidenceJson(row.evidence),
  transitioned_at: row.transitioned_at,
});

/** Most have nothing in them. */
export function jsonOf(value: Readonly<Record<string, unknown>>): string {
  for (const _ in value) {
    return canonicalJson(value);
  }
  return "{}";
}

export const evidenceJson = (evidence: AuditRow["evidence"]): string | null =>
  evidence === null ? null : canonicalJson(evidence);
