import { isDeepStrictEqual } from "node:util";
import { storedAt } from "../../../src/runtime/history.ts";
import type { JournalRow } from "../../../src/store/port.ts";
import { openSqliteReader } from "../../../src/store/sqlite/open.ts";
import { verifyChains } from "../../../src/views/verify/chain.ts";
import { Faults } from "../../../src/views/verify/fault.ts";
import { TransitionLines } from "../../../src/views/verify/jsonl.ts";

export interface StoreCheck {
  readonly audits: number;
  readonly commits: number;
  /** In words; empty when the store is whole. */
  readonly faults: readonly string[];
  /** Transitions that transitions.jsonl does not have yet. */
  readonly linesMissing: number;
}

/** Verifies a store of the runtime: the file, both chains, transitions.jsonl, each snapshot against its journal. */
export function checkStore(file: string, transitionsFile?: string): StoreCheck {
  const db = openSqliteReader(file);
  try {
    const faults = new Faults();
    const [state] = db.pragma("integrity_check(1)") as { readonly integrity_check: string }[];
    if (state?.integrity_check !== "ok") {
      faults.add("file", "", "", state?.integrity_check ?? "");
    }
    const lines = transitionsFile === undefined ? undefined : new TransitionLines(transitionsFile, faults);
    const chains = verifyChains(db, faults, (audit) => lines?.take(audit));
    const linesMissing = lines?.end().missing ?? 0;
    const journalOf = db.prepare<[number], JournalRow>("SELECT * FROM journal WHERE actor_no = ? ORDER BY seq");
    const actors = db.prepare<[], { no: number; id: string; snapshot: string }>("SELECT no, id, snapshot FROM actors");
    const unlike = actors
      .all()
      .filter(({ no, snapshot }) => !isDeepStrictEqual(plain(storedAt(journalOf.all(no))), JSON.parse(snapshot)))
      .map(({ id }) => `the snapshot of ${id} is not what its journal makes`);
    const found = faults.list().map(({ table, row, detail }) => `${table} ${row}: ${detail}`);
    return { ...chains, linesMissing, faults: [...found, ...unlike] };
  } finally {
    db.close();
  }
}

/** Without what only the journal says: that an actor left its parent, and members that have no value any more. */
function plain(stored: unknown): unknown {
  const members = Object.entries(stored as Record<string, unknown>);
  return Object.fromEntries(
    members.filter(([name, value]) => name !== "left" && !isDeepStrictEqual(value, { $pawl: "undefined" })),
  );
}
