/** A commit as lists of values in the order of the columns: what the statements bind, and what goes to another thread. */
import { canonicalJson } from "../../base/canonical-json.ts";
import { type JournalPage, journalPages } from "../journal-pages.ts";
import type { ActorRow, AuditRow, Commit, DomainWrite, SqlValue } from "../port.ts";

/** Rows of one table, one after the other. */
export type Rows = readonly SqlValue[];

/** How many values a row of each table has. */
export const widths = {
  actors: 17,
  audits: 14,
  timersDisarmed: 2,
  timersArmed: 6,
  effects: 7,
  lateSettlements: 4,
  deliveries: 3,
} as const;

export interface PackedCommit {
  readonly at: number;
  /** How many the actors took. */
  readonly events: number;
  /** What left the tree goes first, so that its id is free for a successor of the same name. */
  readonly actors: Rows;
  readonly journal: readonly JournalPage[];
  /** Without number and hashes; metadata, context and evidence as canonical JSON. */
  readonly audits: Rows;
  readonly rows: readonly DomainWrite[];
  readonly timersDisarmed: Rows;
  readonly timersArmed: Rows;
  readonly effects: Rows;
  readonly lateSettlements: Rows;
  readonly deliveries: Rows;
}

export function pack(commit: Commit): PackedCommit {
  const actors: SqlValue[] = [];
  for (const live of [false, true]) {
    for (const actor of commit.actors) {
      if (actor.live === live) {
        packActor(actors, actor);
      }
    }
  }
  const audits: SqlValue[] = [];
  for (const row of commit.audits) {
    packAudit(audits, row);
  }
  return {
    at: commit.at,
    events: commit.journal.length,
    actors,
    journal: journalPages(commit.journal),
    audits,
    rows: commit.rows,
    timersDisarmed: commit.timersDisarmed.flatMap((row) => [row.actorNo, row.id]),
    timersArmed: commit.timersArmed.flatMap((row) => [
      row.actorNo,
      row.id,
      row.targetNo,
      row.event,
      row.seq,
      row.dueAt,
    ]),
    effects: commit.effects.flatMap((row) => [
      row.actorNo,
      row.key,
      row.attempt,
      row.failures,
      row.status,
      row.requestedAt,
      row.leaseUntil,
    ]),
    lateSettlements: commit.lateSettlements.flatMap((row) => [row.effectKey, row.attempt, row.outcome, row.at]),
    deliveries: commit.deliveries.flatMap((row) => [row.actorNo, row.idempotencyKey, row.at]),
  };
}

function packActor(into: SqlValue[], actor: ActorRow): void {
  into.push(
    actor.no,
    actor.id,
    actor.parentNo,
    actor.rootNo,
    actor.key,
    actor.src,
    actor.machine,
    actor.version,
    actor.fingerprint,
    actor.systemId,
    actor.syncSnapshot ? 1 : 0,
    actor.snapshot,
    actor.status,
    actor.state,
    actor.tags,
    actor.live ? 1 : 0,
    actor.asleep ? 1 : 0,
  );
}

function packAudit(into: SqlValue[], row: AuditRow): void {
  into.push(
    row.event_id,
    row.event_type,
    row.entity_type,
    row.entity_id,
    row.from_state,
    row.to_state,
    row.trigger,
    row.reason,
    row.severity,
    row.operator,
    jsonOf(row.metadata),
    jsonOf(row.context),
    row.evidence === null ? null : canonicalJson(row.evidence),
    row.transitioned_at,
  );
}

/** Most have nothing in them. */
function jsonOf(value: Readonly<Record<string, unknown>>): string {
  for (const _ in value) {
    return canonicalJson(value);
  }
  return "{}";
}

/**
 * A commit on its way to another thread. Of many short texts JSON makes one long one, which is copied and read back in
 * a third of the time; the pages are long already, and bytes are none of JSON's.
 */
export interface CommitMessage {
  readonly text: string;
  readonly journal: readonly SqlValue[];
  readonly rows: readonly DomainWrite[];
}

export function commitMessage({ journal, rows, ...rest }: PackedCommit): CommitMessage {
  return {
    text: JSON.stringify(rest),
    journal: journal.flatMap(({ actorNo, firstSeq, lastSeq, entries }) => [actorNo, firstSeq, lastSeq, entries]),
    rows,
  };
}

export function packedOf({ text, journal, rows }: CommitMessage): PackedCommit {
  const pages: JournalPage[] = [];
  for (let at = 0; at < journal.length; at += 4) {
    const [actorNo, firstSeq, lastSeq, entries] = journal.slice(at, at + 4) as [number, number, number, string];
    pages.push({ actorNo, firstSeq, lastSeq, entries });
  }
  return { ...(JSON.parse(text) as Omit<PackedCommit, "journal" | "rows">), journal: pages, rows };
}

/** Calls back with each row of a list. */
export function eachRow(rows: Rows, width: number, visit: (row: readonly SqlValue[]) => void): void {
  for (let at = 0; at < rows.length; at += width) {
    visit(rows.slice(at, at + width));
  }
}
