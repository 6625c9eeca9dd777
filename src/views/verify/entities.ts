import type { Database } from "better-sqlite3";
import type { EntityType } from "../../../machines/index.ts";
import type { Faults } from "./fault.ts";
import { type EntityStates, isEntityType } from "./transitions.ts";

type Context = Readonly<Record<string, unknown>>;

interface EntityTable {
  readonly table: string;
  readonly key: string;
  /** The id of the row, from the actor's context. */
  readonly idOf: (context: Context, actorId: string) => string;
  /** Columns that have the value of the context's member of the same name. */
  readonly columns: readonly string[];
}

const inRun = (member: string) => (context: Context) => `${String(context["run_id"])}/${String(context[member])}`;
const own = (member: string) => (context: Context) => String(context[member]);

const tables: Readonly<Record<EntityType, EntityTable>> = {
  run: { table: "runs", key: "run_id", idOf: own("run_id"), columns: [] },
  workstream: {
    table: "workstreams",
    key: "ws_id",
    idOf: inRun("ws_id"),
    columns: ["run_id", "is_critical", "allow_failure"],
  },
  task: {
    table: "tasks",
    key: "task_id",
    idOf: inRun("task_id"),
    columns: ["worker_id", "is_critical", "allow_failure", "retry_count", "max_retries", "timeout_sec", "last_error"],
  },
  worker: { table: "workers", key: "worker_id", idOf: own("worker_id"), columns: [] },
  uet_worker: { table: "uet_workers", key: "worker_id", idOf: (_context, actorId) => actorId, columns: [] },
  patch_ledger: {
    table: "patch_ledger_entries",
    key: "ledger_id",
    idOf: inRun("ledger_id"),
    columns: [
      "validation_format_passed",
      "validation_scope_passed",
      "validation_constraints_passed",
      "validation_tests_passed",
      "apply_attempts",
      "commit_sha",
    ],
  },
  test_gate: {
    table: "test_gates",
    key: "gate_id",
    idOf: inRun("gate_id"),
    columns: ["gate_type", "expected_exit_code", "timeout_sec", "exit_code"],
  },
  circuit_breaker: {
    table: "circuit_breakers",
    key: "tool_id",
    idOf: own("tool_id"),
    columns: ["failure_count", "failure_threshold", "cooldown_seconds", "success_threshold"],
  },
};

interface ActorColumns {
  readonly id: string;
  readonly machine: string;
  readonly state: string;
  readonly snapshot: string;
}

/** Compares every actor of a machine of the catalogue with its row, and both with its last event. Returns how many. */
export function verifyEntities(db: Database, faults: Faults, states: EntityStates): number {
  const counts = new Map<EntityType, number>();
  const rowOf = new Map(
    Object.entries(tables).map(([machine, { table, key }]) => [
      machine,
      db.prepare<[string], Record<string, unknown>>(`SELECT * FROM ${table} WHERE ${key} = ?`),
    ]),
  );
  const actors = db.prepare<[], ActorColumns>("SELECT id, machine, state, snapshot FROM actors ORDER BY no").all();
  for (const actor of actors) {
    const { machine } = actor;
    if (isEntityType(machine)) {
      counts.set(machine, (counts.get(machine) ?? 0) + 1);
      verifyActor(actor, machine, (id) => rowOf.get(machine)?.get(id), faults, states);
    }
  }
  for (const [machine, { table }] of Object.entries(tables)) {
    const rows = db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    const known = counts.get(machine as EntityType) ?? 0;
    if (rows !== known) {
      faults.add("state", table, "", `it has ${rows} rows for ${known} actors`);
    }
  }
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function verifyActor(
  actor: ActorColumns,
  machine: EntityType,
  rowOf: (id: string) => Record<string, unknown> | undefined,
  faults: Faults,
  states: EntityStates,
): void {
  const { table, idOf, columns } = tables[machine];
  const snapshot = parsed(actor.snapshot);
  if (snapshot === undefined) {
    faults.add("state", "actors", actor.id, "its snapshot is not JSON");
    return;
  }
  const id = idOf(snapshot.context, actor.id);
  const row = rowOf(id);
  if (row === undefined) {
    faults.add("state", table, id, "there is no such row");
    return;
  }
  const said = {
    "its actor": actor.state.split(".")[0],
    "its snapshot": snapshot.top,
    "its last event": states.stateOf(machine, id),
  };
  for (const [who, state] of Object.entries(said)) {
    if (row["state"] !== state) {
      faults.add("state", table, id, `it is ${String(row["state"])}, ${who} says ${String(state)}`);
    }
  }
  for (const column of columns) {
    const value = snapshot.context[column] ?? null;
    const expected = typeof value === "boolean" ? Number(value) : value;
    if (row[column] !== expected) {
      faults.add("column", table, id, `${column} is ${shown(row[column])}, its actor has ${shown(expected)}`);
    }
  }
}

const shown = (value: unknown): string => JSON.stringify(value) ?? "nothing";

function parsed(text: string): { readonly context: Context; readonly top: string } | undefined {
  try {
    const { context, value } = JSON.parse(text) as { context?: Context; value?: unknown };
    const top = typeof value === "object" && value !== null ? Object.keys(value)[0] : value;
    return { context: context ?? {}, top: String(top) };
  } catch {
    return undefined;
  }
}
