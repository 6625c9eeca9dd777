import type { Database } from "better-sqlite3";
import type { StoredAuditRow } from "../../store/port.ts";

/** One audit event, its JSON columns parsed. */
export type ShownEvent = Omit<StoredAuditRow, "prev_hash" | "hash">;

export interface EventFilter {
  /** Events of this run and all below it. */
  readonly run?: string | undefined;
  /** Events of this entity alone, by its row id. */
  readonly entity?: string | undefined;
  /** Only those after this one. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

type Row = Omit<ShownEvent, "metadata" | "context" | "evidence"> & {
  readonly metadata: string;
  readonly context: string;
  readonly evidence: string | null;
};

/** Audit events in their order. */
export function* eventsAfter(db: Database, filter: EventFilter): Generator<ShownEvent> {
  const { run, entity, after = 0, limit = -1 } = filter;
  const where = ["transition_id > @after"];
  if (entity !== undefined) {
    where.push("entity_id = @entity");
  } else if (run !== undefined) {
    where.push("(entity_id = @run OR (entity_id >= @run || '/' AND entity_id < @run || '0'))");
  }
  const statement = db.prepare(
    `SELECT transition_id, event_id, event_type, entity_type, entity_id, from_state, to_state, trigger, reason,
       severity, operator, metadata, context, evidence, transitioned_at
     FROM state_transitions WHERE ${where.join(" AND ")} ORDER BY transition_id LIMIT @limit`,
  );
  const named = { after, limit, ...(entity !== undefined && { entity }), ...(run !== undefined && { run }) };
  for (const row of statement.iterate(named) as IterableIterator<Row>) {
    yield {
      ...row,
      metadata: JSON.parse(row.metadata),
      context: JSON.parse(row.context),
      evidence: row.evidence === null ? null : JSON.parse(row.evidence),
    };
  }
}
