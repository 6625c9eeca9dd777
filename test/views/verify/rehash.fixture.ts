import type { Database } from "better-sqlite3";
import { auditHash, chainStart, commitHash } from "../../../src/store/chain.ts";
import { type JournalPage, journalPageColumns } from "../../../src/store/journal-pages.ts";
import type { AuditColumns } from "../../../src/views/verify/chain.ts";

/** What a forger would do who knows how the chains are made. */
export function rehash(db: Database): void {
  let head = chainStart;
  const heads = new Map([[chainStart, chainStart]]);
  for (const row of db.prepare<[], AuditColumns>("SELECT * FROM state_transitions ORDER BY transition_id").all()) {
    const hash = auditHash(head, { ...row, evidence: null, metadata: {}, context: {} }, row.metadata, row.context);
    db.prepare("UPDATE state_transitions SET prev_hash = ?, hash = ? WHERE transition_id = ?").run(
      head,
      hash,
      row.transition_id,
    );
    heads.set(row.hash, hash);
    head = hash;
  }
  let previous = chainStart;
  const commits = db
    .prepare("SELECT commit_no, at, fence, first_seq, last_seq, audit_head FROM commits ORDER BY commit_no")
    .all();
  for (const row of commits as {
    commit_no: number;
    at: number;
    fence: number;
    first_seq: number;
    last_seq: number;
    audit_head: string;
  }[]) {
    const pages = db
      .prepare<[number, number], JournalPage>(
        `SELECT ${journalPageColumns} FROM journal_pages
          WHERE first_seq BETWEEN ? AND ? AND first_seq > 0 ORDER BY first_seq`,
      )
      .all(row.first_seq, row.last_seq);
    const auditHead = heads.get(row.audit_head) ?? "";
    previous = commitHash(previous, { ...row, audit_head: auditHead }, pages);
    db.prepare("UPDATE commits SET audit_head = ?, hash = ? WHERE commit_no = ?").run(
      auditHead,
      previous,
      row.commit_no,
    );
  }
}
