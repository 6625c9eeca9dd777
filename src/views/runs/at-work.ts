import type { Database } from "better-sqlite3";
import { claimHolder } from "../../store/sqlite/claim.ts";

/** A process that works on the runs of a store. */
export interface WorkingProcess {
  readonly pid: number;
  readonly host: string;
}

/** The process that works on the runs of a store; null where none does, and a run that has not ended waits for `resume`. */
export function processAtWork(db: Database, nowMs: number): WorkingProcess | null {
  return claimHolder(db, nowMs) ?? null;
}
