import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalogue, type EntityType, type MachineEntry } from "../../../machines/index.ts";
import { domainComponent } from "../../../src/store/domain/index.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";

export type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

/** A store made by Pawl, opened as the sqlite3 shell would: without foreign keys unless they are asked for. */
export function rawStore(options: { readonly foreignKeys?: boolean } = {}): Database {
  const file = join(mkdtempSync(join(tmpdir(), "pawl-raw-")), "pipeline.db");
  openSqlite({ file, components: [domainComponent] }).close();
  const db = new Database(file);
  db.pragma(`foreign_keys = ${options.foreignKeys === true ? "ON" : "OFF"}`);
  db.pragma("synchronous = OFF");
  return db;
}

export const at = "2026-01-01T00:00:00.000Z";
export const later = "2026-01-01T00:01:00.000Z";
const hash = "a".repeat(64);

interface RawTable {
  readonly table: string;
  readonly key: string;
  readonly fixed: Row;
}

/** The table of each machine, with what its rows need besides their state. */
export const tables: Readonly<Record<EntityType, RawTable>> = {
  run: { table: "runs", key: "run_id", fixed: {} },
  workstream: { table: "workstreams", key: "ws_id", fixed: { run_id: "run" } },
  task: {
    table: "tasks",
    key: "task_id",
    fixed: { workstream_id: "workstream", max_retries: 3, timeout_sec: 60 },
  },
  worker: { table: "workers", key: "worker_id", fixed: {} },
  uet_worker: { table: "uet_workers", key: "worker_id", fixed: {} },
  patch_ledger: {
    table: "patch_ledger_entries",
    key: "ledger_id",
    fixed: { patch_id: "patch", workstream_id: "workstream" },
  },
  test_gate: {
    table: "test_gates",
    key: "gate_id",
    fixed: { gate_type: "LINT", workstream_id: "workstream", command: "true", timeout_sec: 60 },
  },
  circuit_breaker: {
    table: "circuit_breakers",
    key: "tool_id",
    fixed: { failure_threshold: 5, cooldown_seconds: 60, success_threshold: 1 },
  },
};

export const machineOf = (entity: EntityType): MachineEntry => catalogue[entity];
export const entities = Object.keys(catalogue) as EntityType[];

/** What a row must say to be right in a state, so that nothing but the transition itself can be refused. */
export function columnsIn(entity: EntityType, state: string): Row {
  const ended = machineOf(entity).terminal.includes(state);
  const completed = { completed_at: ended ? later : null };
  switch (entity) {
    case "run":
      return { ...completed, started_at: state === "pending" ? null : at };
    case "workstream":
      return completed;
    case "task":
      return {
        ...completed,
        started_at: at,
        worker_id: state === "running" ? "w" : null,
        cancelled_at: state === "cancelled" ? later : null,
      };
    case "worker":
      return { shutdown_at: ended ? later : null };
    case "uet_worker":
      return { terminated_at: ended ? later : null };
    case "patch_ledger":
      return {
        quarantine_reason: state === "quarantined" ? "why" : null,
        quarantined_at: state === "quarantined" ? later : null,
        rollback_reason: state === "rolled_back" ? "why" : null,
        rolled_back_at: state === "rolled_back" ? later : null,
        commit_sha: ["committed", "rolled_back"].includes(state) ? "sha" : null,
      };
    case "test_gate":
      return { ...completed, started_at: at, exit_code: ended ? 0 : null };
    case "circuit_breaker":
      return { opened_at: at };
  }
}

export function insert(db: Database, table: string, row: Row, verb = "INSERT"): void {
  const names = Object.keys(row);
  const marks = names.map(() => "?").join(", ");
  db.prepare(`${verb} INTO ${table} (${names.join(", ")}) VALUES (${marks})`).run(...Object.values(row));
}

/** A new row of an entity in its first state, as the store makes it. */
export function newRow(entity: EntityType, id: string): Row {
  const { key, fixed } = tables[entity];
  return { [key]: id, state: machineOf(entity).initial, ...fixed, created_at: at, updated_at: at };
}

export function newPatch(id: string): Row {
  return {
    patch_id: id,
    task_id: "task",
    format: "git_diff",
    content_hash: hash,
    content: new Uint8Array([1, 2]),
    created_at: at,
    updated_at: at,
  };
}

/** Changes a row and its version; the columns that the state needs are set with it. */
export function move(db: Database, entity: EntityType, id: string, to: string, extra: Row = {}): void {
  update(db, entity, id, { state: to, ...columnsIn(entity, to), ...extra });
}

export function update(db: Database, entity: EntityType, id: string, columns: Row): void {
  const { table, key } = tables[entity];
  const sets = [...Object.keys(columns), "updated_at"].map((name) => `${name} = ?`);
  db.prepare(`UPDATE ${table} SET ${sets.join(", ")}, version = version + 1 WHERE ${key} = ?`).run(
    ...Object.values(columns),
    later,
    id,
  );
}

/** A way of declared transitions from the first state to another; one of 1.0.0 where there is one. */
export function wayTo(entity: EntityType, state: string): readonly string[] {
  const { initial, transitions } = machineOf(entity);
  const oldest = transitions.filter(({ since }) => since === "1.0.0");
  return way(initial, state, oldest) ?? way(initial, state, transitions) ?? [];
}

function way(initial: string, state: string, transitions: MachineEntry["transitions"]): readonly string[] | undefined {
  const ways = new Map<string, readonly string[]>([[initial, []]]);
  for (const [from, steps] of ways) {
    for (const next of transitions.filter((one) => one.from === from)) {
      if (!ways.has(next.to)) {
        ways.set(next.to, [...steps, next.to]);
      }
    }
  }
  return ways.get(state);
}

/** A row that was brought to a state by declared transitions. */
export function rowIn(db: Database, entity: EntityType, id: string, state: string): void {
  insert(db, tables[entity].table, newRow(entity, id));
  for (const to of wayTo(entity, state)) {
    move(db, entity, id, to);
  }
}

/** Tries something and takes it back. Returns what SQLite said against it. */
export function attempt(db: Database, run: () => void): string | undefined {
  db.exec("SAVEPOINT attempt");
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    db.exec("ROLLBACK TO attempt; RELEASE attempt");
  }
}
