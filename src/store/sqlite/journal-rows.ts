import type { Database } from "better-sqlite3";
import { isWhole } from "../fold.ts";
import { type JournalPage, journalPageColumns, journalRows } from "../journal-pages.ts";
import type { JournalRow } from "../port.ts";

const pagesOf = (db: Database, order: "ASC" | "DESC") =>
  db.prepare<[number, number], JournalPage>(
    `SELECT ${journalPageColumns} FROM journal_pages WHERE actor_no = ? AND first_seq <= ? ORDER BY first_seq ${order}`,
  );

const rowsUpTo = (page: JournalPage, upToSeq: number): JournalRow[] =>
  journalRows(page).filter(({ seq }) => seq <= upToSeq);

export function journalOf(db: Database, actorNo: number, upToSeq = Number.MAX_SAFE_INTEGER): JournalRow[] {
  return pagesOf(db, "ASC")
    .all(actorNo, upToSeq)
    .flatMap((page) => rowsUpTo(page, upToSeq));
}

export function journalSinceWhole(db: Database, actorNo: number, upToSeq = Number.MAX_SAFE_INTEGER): JournalRow[] {
  const pages: JournalRow[][] = [];
  for (const page of pagesOf(db, "DESC").iterate(actorNo, upToSeq)) {
    const rows = rowsUpTo(page, upToSeq);
    const whole = rows.findLastIndex(({ delta }) => isWhole(delta));
    pages.push(rows.slice(Math.max(whole, 0)));
    if (whole >= 0) {
      break;
    }
  }
  return pages.reverse().flat();
}
