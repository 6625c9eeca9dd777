/**
 * The journal as it is kept: what one actor did within one commit is a page, one row of the store. A burst of a
 * thousand events of one actor costs a thousandth of the rows.
 */
import type { Delta } from "./fold.ts";
import type { JournalRow } from "./port.ts";

export interface JournalPage {
  readonly actorNo: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** `[[seq, at, event, delta], …]` as JSON, oldest first. */
  readonly entries: string;
}

/** What to SELECT of `journal_pages` for {@link JournalPage}. */
export const journalPageColumns = "actor_no AS actorNo, first_seq AS firstSeq, last_seq AS lastSeq, entries";

/** In characters. Whoever asks for one moment of the past reads whole pages. */
const fullPage = 65_536;

/** The pages of a commit, in the order of their first rows. */
export function journalPages(rows: readonly JournalRow[]): JournalPage[] {
  const pages: { actorNo: number; firstSeq: number; lastSeq: number; entries: string }[] = [];
  const open = new Map<number, (typeof pages)[number]>();
  for (const { actorNo, seq, at, event, delta } of rows) {
    const entry = `[${seq},${at},${event},${delta}]`;
    const page = open.get(actorNo);
    if (page === undefined || page.entries.length > fullPage) {
      const fresh = { actorNo, firstSeq: seq, lastSeq: seq, entries: `[${entry}` };
      pages.push(fresh);
      open.set(actorNo, fresh);
    } else {
      page.entries += `,${entry}`;
      page.lastSeq = seq;
    }
  }
  for (const page of pages) {
    page.entries += "]";
  }
  return pages;
}

/** The last row of some pages; 0 of none. */
export const lastSeqOf = (pages: readonly JournalPage[]): number =>
  pages.reduce((last, page) => Math.max(last, page.lastSeq), 0);

export type JournalEntry = readonly [seq: number, at: number, event: unknown, delta: Delta];

/** What is in a page, oldest first. @throws SyntaxError when it is no JSON, TypeError when it is no page */
export function journalEntries({ firstSeq, lastSeq, entries }: JournalPage): readonly JournalEntry[] {
  const found = JSON.parse(entries) as readonly JournalEntry[];
  const isPage = found[0]?.[0] === firstSeq && found.at(-1)?.[0] === lastSeq;
  if (!isPage || found.some(([seq], index) => index > 0 && seq <= (found[index - 1] as JournalEntry)[0])) {
    throw new TypeError(`the journal page from ${firstSeq} to ${lastSeq} has other entries`);
  }
  return found;
}

/** The rows of a page, oldest first. @throws as {@link journalEntries} */
export function journalRows(page: JournalPage): JournalRow[] {
  const { actorNo } = page;
  return journalEntries(page).map(([seq, at, event, delta]) => ({
    actorNo,
    seq,
    at,
    event: JSON.stringify(event),
    delta: JSON.stringify(delta),
  }));
}
