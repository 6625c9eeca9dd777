import type { Database } from "better-sqlite3";

/** An entity with its row and what happened to it. */
export interface EntityDetail {
  readonly entity_type: "run" | "workstream" | "task" | "test_gate" | "patch_ledger" | "circuit_breaker";
  readonly id: string;
  /** The columns of its row; a patch's content is left out. */
  readonly row: Readonly<Record<string, unknown>>;
}

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
