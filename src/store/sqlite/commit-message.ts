/** A commit on its way to another thread. */
import type { AuditText } from "../chain.ts";
import { type JournalPage, journalPages } from "../journal-pages.ts";
import type { ActorRow, AuditRow, Commit, DomainWrite, SqlValue } from "../port.ts";
import { type CommitRows, evidenceJson, jsonOf, leftFirst } from "./commit-rows.ts";

/**
 * Of many short texts JSON makes one long one, which is copied and read back in a third of the time; the pages are long
 * already, and bytes are none of JSON's.
 */
export interface CommitMessage {
  /** {@link Listed} as JSON. */
  readonly text: string;
  readonly journal: readonly SqlValue[];
  readonly rows: readonly DomainWrite[];
}

/** What there may be many of goes without the names of its members: half of the text. */
interface Listed extends Omit<CommitRows, "actors" | "audits" | "journal" | "rows"> {
  readonly actors: readonly ActorValues[];
  readonly audits: readonly AuditValues[];
}

export function commitMessage(commit: Commit): CommitMessage {
  const { actors, audits, journal, rows, ...rest } = commit;
  const listed: Listed = { ...rest, actors: leftFirst(actors).map(actorValues), audits: audits.map(auditValues) };
  return {
    text: JSON.stringify(listed),
    journal: journalPages(journal).flatMap(({ actorNo, firstSeq, lastSeq, entries }) => [
      actorNo,
      firstSeq,
      lastSeq,
      entries,
    ]),
    rows,
  };
}

export function rowsOfMessage({ text, journal, rows }: CommitMessage): CommitRows {
  const pages: JournalPage[] = [];
  for (let at = 0; at < journal.length; at += 4) {
    const [actorNo, firstSeq, lastSeq, entries] = journal.slice(at, at + 4) as [number, number, number, string];
    pages.push({ actorNo, firstSeq, lastSeq, entries });
  }
  const listed = JSON.parse(text) as Listed;
  return { ...listed, actors: listed.actors.map(actorOf), audits: listed.audits.map(auditOf), journal: pages, rows };
}

type ActorValues = ReturnType<typeof actorValues>;

const actorValues = (row: ActorRow) =>
  [
    row.no,
    row.id,
    row.parentNo,
    row.rootNo,
    row.key,
    row.src,
    row.machine,
    row.version,
    row.fingerprint,
    row.systemId,
    row.syncSnapshot,
    row.snapshot,
    row.status,
    row.state,
    row.tags,
    row.live,
    row.asleep,
  ] as const;

const actorOf = (values: ActorValues): ActorRow => ({
  no: values[0],
  id: values[1],
  parentNo: values[2],
  rootNo: values[3],
  key: values[4],
  src: values[5],
  machine: values[6],
  version: values[7],
  fingerprint: values[8],
  systemId: values[9],
  syncSnapshot: values[10],
  snapshot: values[11],
  status: values[12],
  state: values[13],
  tags: values[14],
  live: values[15],
  asleep: values[16],
});

type AuditValues = ReturnType<typeof auditValues>;

const auditValues = (row: AuditRow) =>
  [
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
    evidenceJson(row.evidence),
    row.transitioned_at,
  ] as const;

const auditOf = (values: AuditValues): AuditText => ({
  event_id: values[0],
  event_type: values[1],
  entity_type: values[2],
  entity_id: values[3],
  from_state: values[4],
  to_state: values[5],
  trigger: values[6],
  reason: values[7],
  severity: values[8],
  operator: values[9],
  metadata: values[10],
  context: values[11],
  evidence: values[12],
  transitioned_at: values[13],
});
