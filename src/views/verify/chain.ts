import type { Database } from "better-sqlite3";
import { canonicalJson } from "../../base/canonical-json.ts";
import { auditHash, type CommitHead, chainStart, commitHash } from "../../store/chain.ts";
import { type JournalPage, journalPageColumns, lastSeqOf } from "../../store/journal-pages.ts";
import type { StoredAuditRow } from "../../store/port.ts";
import type { Faults } from "./fault.ts";

/** An audit event as its columns hold it. */
export type AuditColumns = Omit<StoredAuditRow, "metadata" | "context" | "evidence"> & {
  readonly metadata: string;
  readonly context: string;
  readonly evidence: string | null;
};

interface CommitColumns extends CommitHead {
  readonly commit_no: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly hash: string;
}

/**
 * Follows both chains from their start (I7, §8.5.2): every audit event in order, each handed on, and every commit with
 * the journal pages in it, and then its own moment. Nothing is held in memory but the pages of one commit.
 */
export function verifyChains(
  db: Database,
  faults: Faults,
  each: (audit: AuditColumns) => void,
  committed: (lastSeq: number, at: number) => void = () => undefined,
): { readonly audits: number; readonly commits: number } {
  const journal = pagesBySeq(db);
  // One that is still open would stand in the way of whatever is done with the database next.
  try {
    const audits = auditChain(db, faults, each);
    try {
      return followChains(db, faults, audits, journal, committed);
    } finally {
      audits.close();
    }
  } finally {
    journal.close();
  }
}

function followChains(
  db: Database,
  faults: Faults,
  audits: ReturnType<typeof auditChain>,
  journal: ReturnType<typeof pagesBySeq>,
  committed: (lastSeq: number, at: number) => void,
): { readonly audits: number; readonly commits: number } {
  let prevHash = chainStart;
  let prevSeq = 0;
  let commits = 0;
  for (const row of db.prepare<[], CommitColumns>("SELECT * FROM commits ORDER BY commit_no").iterate()) {
    commits += 1;
    const fault = (detail: string): void => faults.add("commit", "commits", row.commit_no, detail);
    if (row.commit_no !== commits) {
      fault(`commit ${commits} is missing`);
    }
    if (!audits.advanceTo(row.audit_head)) {
      fault("its head of the audit chain is not in the chain");
    }
    const pages = row.last_seq === 0 ? [] : journal.upTo(row.last_seq);
    if (row.last_seq !== 0 && (row.first_seq !== prevSeq + 1 || pages[0]?.firstSeq !== row.first_seq)) {
      fault(`its journal pages do not begin after ${prevSeq}`);
    }
    if (row.last_seq === 0 && row.first_seq !== 0) {
      fault("it has no journal pages, and says where they begin");
    }
    if (row.last_seq !== 0 && lastSeqOf(pages) !== row.last_seq) {
      fault(`its journal pages do not end with ${row.last_seq}`);
    }
    if (commitHash(prevHash, row, pages) !== row.hash) {
      fault("its hash does not fit it and its journal pages");
    }
    committed(row.last_seq, row.at);
    prevSeq = Math.max(prevSeq, row.last_seq);
    prevHash = row.hash;
  }
  const late = journal.upTo(Number.MAX_SAFE_INTEGER)[0];
  if (late !== undefined) {
    faults.add("commit", "journal_pages", late.firstSeq, "no commit covers it");
  }
  const beyond = audits.rest();
  if (beyond !== undefined) {
    faults.add("commit", "state_transitions", beyond, "no commit covers it");
  }
  return { audits: audits.count(), commits };
}

function auditChain(db: Database, faults: Faults, each: (audit: AuditColumns) => void) {
  const rows = db.prepare<[], AuditColumns>("SELECT * FROM state_transitions ORDER BY transition_id").iterate();
  let head = chainStart;
  let count = 0;
  const next = (): number | undefined => {
    const { value, done } = rows.next() as IteratorResult<AuditColumns, undefined>;
    if (done === true) {
      return undefined;
    }
    count += 1;
    const fault = auditFault(value, head, count);
    if (fault !== undefined) {
      faults.add("chain", "state_transitions", value.transition_id, fault);
    }
    head = value.hash;
    each(value);
    return value.transition_id;
  };
  return {
    count: () => count,
    close: () => rows.return?.(),
    /** Goes on to the event with this hash; false when the chain ends before it. */
    advanceTo: (hash: string): boolean => {
      while (head !== hash) {
        if (next() === undefined) {
          return false;
        }
      }
      return true;
    },
    /** Goes to the end; the first event that was left. */
    rest: (): number | undefined => {
      const first = next();
      for (let id = first; id !== undefined; id = next()) {
        // Checked and handed on by next().
      }
      return first;
    },
  };
}

function auditFault(row: AuditColumns, head: string, expectedId: number): string | undefined {
  if (row.transition_id !== expectedId) {
    return `transition ${expectedId} is missing`;
  }
  if (row.prev_hash !== head) {
    return "prev_hash is not the hash of the one before";
  }
  try {
    const evidence = row.evidence === null ? null : (JSON.parse(row.evidence) as StoredAuditRow["evidence"]);
    const isAsWritten = row.evidence === null || (evidence !== null && canonicalJson(evidence) === row.evidence);
    const event = { ...row, evidence, metadata: {}, context: {} };
    return isAsWritten && auditHash(head, event, row.metadata, row.context) === row.hash
      ? undefined
      : "its hash does not fit it";
  } catch {
    return "its evidence is not JSON";
  }
}

/** Pages of the journal in the order in which they were begun. */
function pagesBySeq(db: Database) {
  const rows = db
    .prepare<[], JournalPage>(
      `SELECT ${journalPageColumns} FROM journal_pages
        ORDER BY first_seq`,
    )
    .iterate();
  let waiting = rows.next() as IteratorResult<JournalPage, undefined>;
  return {
    close: () => rows.return?.(),
    upTo: (seq: number): JournalPage[] => {
      const found: JournalPage[] = [];
      while (waiting.done !== true && waiting.value.firstSeq <= seq) {
        found.push(waiting.value);
        waiting = rows.next() as IteratorResult<JournalPage, undefined>;
      }
      return found;
    },
  };
}
