import type { Database } from "better-sqlite3";
import type { RunSummary } from "./list.ts";

/** A task that deserves a line of its own: it is at work, waits to be tried again, or ended badly. */
export interface TaskLine {
  /** Without the run: `client.bump`. */
  readonly task: string;
  readonly state: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly retry_count: number;
  readonly max_retries: number;
  readonly last_error: string | null;
}

export interface WorkstreamLine {
  readonly workstream: string;
  readonly state: string;
  readonly allow_failure: boolean;
  readonly completed_at: string | null;
  /** Why it is failed, cancelled or skipped, where that was said. */
  readonly reason: string | null;
  /** Number of its tasks by state. */
  readonly tasks: Readonly<Record<string, number>>;
  readonly shown: readonly TaskLine[];
}

export interface RunTree {
  readonly run: RunSummary;
  /** Why it failed or is canceled, where that was said. */
  readonly reason: string | null;
  readonly workstreams: readonly WorkstreamLine[];
  /** Commits in the run's branch: those of the workstreams that were merged into it. */
  readonly commits: number;
}

const linesAWorkstream = 20;
const endedBadly: ReadonlySet<string> = new Set(["failed", "cancelled", "canceled", "skipped"]);

/** A run with its workstreams, and the tasks of each that are worth a line. Cheap with 100,000 finished tasks. */
export function runTree(db: Database, run: RunSummary, options: { readonly all?: boolean } = {}): RunTree {
  const prefix = run.run_id.length + 1;
  const workstreams = db
    .prepare("SELECT ws_id, state, allow_failure, completed_at FROM workstreams WHERE run_id = ? ORDER BY rowid")
    .all(run.run_id) as { ws_id: string; state: string; allow_failure: number; completed_at: string | null }[];
  const counts = db.prepare("SELECT state, count(*) AS n FROM tasks WHERE workstream_id = ? GROUP BY state");
  const reasons = db
    .prepare(
      `SELECT reason FROM state_transitions
       WHERE entity_id = ? AND entity_type = ? AND to_state = ? AND from_state <> to_state
       ORDER BY transition_id DESC LIMIT 1`,
    )
    .pluck();
  const reasonOf = (type: "run" | "workstream", id: string, state: string): string | null =>
    endedBadly.has(state) ? ((reasons.get(id, type, state) as string | null | undefined) ?? null) : null;
  const limit = options.all === true ? -1 : linesAWorkstream;
  const states =
    options.all === true ? "" : "AND state IN ('running', 'validating', 'retrying', 'failed', 'cancelled')";
  // Where there are too many, those at work come first, then those that failed; all in the order of the plan.
  const tasks = db.prepare(
    `SELECT task_id, state, started_at, completed_at, retry_count, max_retries, last_error FROM tasks
     WHERE rowid IN (
       SELECT rowid FROM tasks WHERE workstream_id = ? ${states}
       ORDER BY CASE state WHEN 'cancelled' THEN 2 WHEN 'failed' THEN 1 ELSE 0 END, rowid LIMIT ${limit})
     ORDER BY rowid`,
  );
  return {
    run,
    reason: reasonOf("run", run.run_id, run.state),
    // The plus keeps SQLite from the index of the states: what all runs ever committed is more than what this one has.
    commits: db
      .prepare(
        "SELECT count(*) FROM patch_ledger_entries WHERE +state = 'committed' AND workstream_id IN (SELECT ws_id FROM workstreams WHERE run_id = ? AND +state = 'completed')",
      )
      .pluck()
      .get(run.run_id) as number,
    workstreams: workstreams.map(({ ws_id, state, allow_failure, completed_at }) => ({
      workstream: ws_id.slice(prefix),
      state,
      allow_failure: allow_failure === 1,
      completed_at,
      reason: reasonOf("workstream", ws_id, state),
      tasks: Object.fromEntries(
        (counts.all(ws_id) as { state: string; n: number }[]).map(({ state: name, n }) => [name, n]),
      ),
      shown: (tasks.all(ws_id) as (Omit<TaskLine, "task"> & { task_id: string })[]).map(({ task_id, ...line }) => ({
        task: task_id.slice(prefix),
        ...line,
      })),
    })),
  };
}
