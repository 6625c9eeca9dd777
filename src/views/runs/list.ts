import type { Database } from "better-sqlite3";

/** One run, as a list of runs shows it. Times are ISO 8601. */
export interface RunSummary {
  readonly run_id: string;
  readonly state: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
}

const columns = "run_id, state, created_at, started_at, completed_at";

// In the order in which they were made: where a clock was set back meanwhile, several have the same moment.

/** All runs, oldest first. */
export function listRuns(db: Database): RunSummary[] {
  return db.prepare(`SELECT ${columns} FROM runs ORDER BY rowid`).all() as RunSummary[];
}

/** The run that was made last. */
export function latestRun(db: Database): RunSummary | undefined {
  return db.prepare(`SELECT ${columns} FROM runs ORDER BY rowid DESC LIMIT 1`).get() as RunSummary | undefined;
}
