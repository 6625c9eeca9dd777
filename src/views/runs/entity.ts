import type { Database } from "better-sqlite3";

/** An entity with its row and what happened to it. */
export interface EntityDetail {
  readonly entity_type: "run" | "workstream" | "task" | "test_gate" | "patch_ledger" | "circuit_breaker";
  readonly id: string;
  /** The columns of its row; a patch's content is left out. */
  readonly row: Readonly<Record<string, unknown>>;
}

// A plus before a state keeps SQLite from the index of the states: in it are the entities of all runs that ever were.

const tables = [
  { entity_type: "run", table: "runs", key: "run_id" },
  { entity_type: "workstream", table: "workstreams", key: "ws_id" },
  { entity_type: "task", table: "tasks", key: "task_id" },
  { entity_type: "patch_ledger", table: "patch_ledger_entries", key: "ledger_id" },
  { entity_type: "test_gate", table: "test_gates", key: "gate_id" },
  { entity_type: "circuit_breaker", table: "circuit_breakers", key: "tool_id" },
] as const;

/** An entity by its row id (`run/client.bump`); undefined when there is none. */
export function entityDetail(db: Database, id: string): EntityDetail | undefined {
  for (const { entity_type, table, key } of tables) {
    const row = db.prepare(`SELECT * FROM ${table} WHERE ${key} = ?`).get(id);
    if (row !== undefined) {
      return { entity_type, id, row: row as Record<string, unknown> };
    }
  }
  return undefined;
}

/** A gate that a task waited for in vain, or that a patch of it or its workstream's merge did not pass. */
export interface FailedGate {
  readonly gate_id: string;
  readonly command: string;
  readonly exit_code: number | null;
  /** What ended it, where it has no exit code. */
  readonly signal: string | null;
  readonly timeout_sec: number;
  readonly duration_sec: number | null;
  readonly stdout: string | null;
  readonly stderr: string | null;
}

const failedGateColumns = "gate_id, command, exit_code, signal, timeout_sec, duration_sec, stdout, stderr";

/** The gates that `first` names by their row ids, and all that these depend on: one that failed blocks those behind it. */
const neededGates = (first: string): string =>
  `WITH RECURSIVE needed (gate) AS (${first}
     UNION SELECT value FROM needed JOIN test_gates ON gate_id = gate, json_each(test_gates.depends_on))`;

const blamedShown = 3;

/**
 * Row ids of what kept a run, workstream, task or gate from its work, a few of them: workstreams of the run or tasks of
 * the workstream that failed, those that must not first; and what it depends on, where that ended otherwise than
 * completed. Of a gate, the gates before it that failed.
 */
export function blamedFor(db: Database, { entity_type, id }: EntityDetail): string[] {
  if (entity_type === "run") {
    return db
      .prepare(
        "SELECT ws_id FROM workstreams WHERE run_id = ? AND +state = 'failed' ORDER BY allow_failure, rowid LIMIT ?",
      )
      .pluck()
      .all(id, blamedShown) as string[];
  }
  if (entity_type === "test_gate") {
    const first = "SELECT value FROM test_gates, json_each(depends_on) WHERE gate_id = ?";
    return db
      .prepare(
        `${neededGates(first)} SELECT gate_id FROM test_gates WHERE gate_id IN needed AND +state = 'FAILED' LIMIT ?`,
      )
      .pluck()
      .all(id, blamedShown) as string[];
  }
  if (entity_type !== "workstream" && entity_type !== "task") {
    return [];
  }
  const { table, key } = entity_type === "task" ? tables[2] : tables[1];
  const upstream = db
    .prepare(
      `SELECT ${key} FROM ${table} WHERE +state IN ('failed', 'cancelled', 'skipped')
         AND ${key} IN (SELECT value FROM ${table}, json_each(depends_on) WHERE ${key} = ?) LIMIT ?`,
    )
    .pluck()
    .all(id, blamedShown) as string[];
  const failed = db
    .prepare(
      "SELECT task_id FROM tasks WHERE workstream_id = ? AND state = 'failed' ORDER BY allow_failure, rowid LIMIT ?",
    )
    .pluck()
    .all(id, blamedShown) as string[];
  return [...upstream, ...failed];
}

/** Gates of a workstream's own that failed: those before its merge, and those that its tasks wait for. */
export function failedGatesOfWorkstream(db: Database, workstream: string): FailedGate[] {
  return db
    .prepare(
      `SELECT ${failedGateColumns} FROM test_gates
       WHERE gate_id > ? AND gate_id < ? AND +state = 'FAILED' ORDER BY rowid`,
    )
    .all(`${workstream}~`, `${workstream}\u007f`) as FailedGate[];
}

/** Gates that a task needed, if only behind others, or that ran on its patches, and that failed, by the task's row id. */
export function failedGatesOf(db: Database, task: string): FailedGate[] {
  return db
    .prepare(
      `${neededGates("SELECT value FROM tasks, json_each(gate_dependencies) WHERE task_id = ?")}
       SELECT ${failedGateColumns} FROM test_gates
       WHERE +state = 'FAILED' AND (gate_id >= ? AND gate_id < ? OR gate_id IN needed) ORDER BY gate_id`,
    )
    .all(task, `${task}~p`, `${task}~q`) as FailedGate[];
}

/** What became of a patch. */
export interface PatchOfTask {
  readonly ledger_id: string;
  readonly state: string;
  readonly commit_sha: string | null;
}

/** The patches of a task, by its row id: the first one first. */
export function patchesOf(db: Database, task: string): PatchOfTask[] {
  return db
    .prepare(
      `SELECT ledger_id, state, commit_sha FROM patch_ledger_entries
       WHERE ledger_id >= ? AND ledger_id < ? ORDER BY rowid`,
    )
    .all(`${task}~p`, `${task}~q`) as PatchOfTask[];
}

/** Content of a patch by the row id of its ledger entry; undefined when there is none. */
export function patchContent(db: Database, id: string): Buffer | undefined {
  return db
    .prepare(
      "SELECT content FROM patches WHERE patch_id = (SELECT patch_id FROM patch_ledger_entries WHERE ledger_id = ?)",
    )
    .pluck()
    .get(id) as Buffer | undefined;
}

/** How many patches of a workstream were committed to its branch, by the workstream's row id. */
export function commitsOf(db: Database, workstream: string): number {
  return db
    .prepare("SELECT count(*) FROM patch_ledger_entries WHERE workstream_id = ? AND +state = 'committed'")
    .pluck()
    .get(workstream) as number;
}

/** Row ids of all entities of a run, to find the nearest one to a name with a mistake in it. */
export function entityNames(db: Database, run: string, limit = 10_000): string[] {
  return tables.flatMap(
    ({ table, key }) =>
      db
        .prepare(`SELECT ${key} FROM ${table} WHERE ${key} = ? OR (${key} >= ? AND ${key} < ?) LIMIT ?`)
        .pluck()
        .all(run, `${run}/`, `${run}0`, limit) as string[],
  );
}
