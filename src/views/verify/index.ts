/** Whether a store is what it was written as: its chains, its copies, its states. Reads only (I7, I8). */
import { basename, join } from "node:path";
import type { Database } from "better-sqlite3";
import { PawlError } from "../../base/errors/index.ts";
import { storeFailure } from "../../store/sqlite/failures.ts";
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
 * @throws PawlError STORE_NOT_A_DATABASE, STORE_DAMAGED, STORE_READ_ONLY, STORE_FAILED
 */
export function verifyState(file: string, transitionsFolder: string): Verification {
  const db = openSqliteReader(file);
  try {
    const faults = new Faults();
    // Before the table: each of its lines was committed by then.
    const lines = new TransitionLines(join(transitionsFolder, "transitions.jsonl"), faults);
    return verifiedOrUnreadable(db, file, lines, faults);
  } finally {
    db.close();
  }
}

const unreadable: readonly string[] = ["STORE_NOT_A_DATABASE", "STORE_DAMAGED"];

/** What cannot be read, a table that is gone or a number that is none, is a fault like any other. */
function verifiedOrUnreadable(db: Database, file: string, lines: TransitionLines, faults: Faults): Verification {
  try {
    // One moment of a store that may be written meanwhile.
    return db.transaction(() => verify(db, basename(file), lines, faults))();
  } catch (error) {
    const failure = storeFailure(error, file, "read");
    const isUnreadable = failure instanceof PawlError ? unreadable.includes(failure.code) : isOfContent(failure);
    if (!isUnreadable) {
      throw failure;
    }
    const { message } = error as Error;
    faults.add("file", basename(file), undefined, `it cannot be read to its end: ${message}`);
    const none = { audits: 0, commits: 0, entities: 0, lines: 0, linesMissing: 0 };
    return { ok: false, ...none, faults: faults.list() };
  }
}

/** SQLite knows no such table or column, or gave an integer that JavaScript has no number for. */
function isOfContent(error: unknown): boolean {
  return error instanceof RangeError || (error as { readonly code?: unknown }).code === "SQLITE_ERROR";
}

function verify(db: Database, name: string, lines: TransitionLines, faults: Faults): Verification {
  verifyFile(db, name, faults);
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
  contents.begin();
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

function verifyFile(db: Database, name: string, faults: Faults): void {
  const [damage] = db.pragma("integrity_check(1)") as { readonly integrity_check: string }[];
  if (damage !== undefined && damage.integrity_check !== "ok") {
    faults.add("file", name, undefined, damage.integrity_check);
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
