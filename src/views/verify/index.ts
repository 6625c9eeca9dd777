/** Whether a store is what it was written as: its chains, its copies, its states. Reads only (I7, I8). */
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { openSqliteReader } from "../../store/sqlite/open.ts";
import { verifyActors } from "./actors.ts";
import { verifyChains } from "./chain.ts";
import { CommitTimes } from "./commit-times.ts";
import { Contents } from "./contents.ts";
import { EntityRows } from "./entities.ts";
import { type Fault, Faults } from "./fault.ts";
import { TransitionLines } from "./jsonl.ts";
import { MachineActors } from "./machine-actors.ts";
import { Pending } from "./pending.ts";
import { EntityStates } from "./transitions.ts";

export type { Fault, FaultKind } from "./fault.ts";

export interface Verification {
  /** Nothing was found. */
  readonly ok: boolean;
  /** How many of each were looked at. */
  readonly audits: number;
  readonly commits: number;
  readonly entities: number;
  /** Lines of transitions.jsonl. */
  readonly lines: number;
  /** Events at the end of the table that are not in transitions.jsonl yet; the next start adds them. */
  readonly linesMissing: number;
  /** The first of each kind. */
  readonly faults: readonly Fault[];
}

/**
 * Checks both chains, the table against transitions.jsonl, every recorded change of state against the catalogue and
 * the one before it, every actor's snapshot against its journal, every entity's row against its actor and its events,
 * timers and effects against what the actors call for, patches and plans against their hashes.
 * @param file the database
 * @param transitionsFolder where `transitions.jsonl` and the files put aside before it are
 * @throws PawlError STORE_NOT_A_DATABASE, STORE_READ_ONLY, STORE_FAILED
 */
export function verifyState(file: string, transitionsFolder: string): Verification {
  const db = openSqliteReader(file);
  try {
    const faults = new Faults();
    // Before the table: each of its lines was committed by then.
    const lines = new TransitionLines(join(transitionsFolder, "transitions.jsonl"), faults);
    // One moment of a store that may be written meanwhile.
    return db.transaction(() => verify(db, lines, faults))();
  } finally {
    db.close();
  }
}

function verify(db: Database, lines: TransitionLines, faults: Faults): Verification {
  verifyFile(db, faults);
  const states = new EntityStates(faults);
  const times = new CommitTimes();
  const chains = verifyChains(
    db,
    faults,
    (audit) => {
      states.take(audit);
      lines.take(audit);
    },
    (lastSeq, at) => {
      states.committed(at);
      times.take(lastSeq, at);
    },
  );
  const { lines: lineCount, missing } = lines.end();
  const rows = new EntityRows(db, faults, states, times);
  const pending = new Pending(db, faults, times);
  const contents = new Contents(db, faults, times);
  const machines = new MachineActors(faults);
  verifyActors(db, faults, (actor, past, parent) => {
    machines.take(actor, parent);
    rows.take(actor, past);
    pending.take(actor, past, parent);
    contents.take(actor, past);
  });
  const entities = rows.end();
  const found = faults.list();
  return { ok: found.length === 0, ...chains, entities, lines: lineCount, linesMissing: missing, faults: found };
}

function verifyFile(db: Database, faults: Faults): void {
  const [damage] = db.pragma("integrity_check(1)") as { readonly integrity_check: string }[];
  if (damage !== undefined && damage.integrity_check !== "ok") {
    faults.add("file", "", "", damage.integrity_check);
  }
  const [broken] = db.pragma("foreign_key_check") as {
    readonly table: string;
    readonly rowid: number;
    readonly parent: string;
  }[];
  if (broken !== undefined) {
    faults.add("file", broken.table, broken.rowid, `it refers to a row of ${broken.parent} that is not there`);
  }
}
