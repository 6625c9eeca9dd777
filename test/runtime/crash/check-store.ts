import { openSqliteReader } from "../../../src/store/sqlite/open.ts";
import { verifyActors } from "../../../src/views/verify/actors.ts";
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
    verifyActors(db, faults);
    const found = faults.list().map(({ table, row, detail }) => `${table} ${row}: ${detail}`);
    return { ...chains, linesMissing, faults: found };
  } finally {
    db.close();
  }
}
