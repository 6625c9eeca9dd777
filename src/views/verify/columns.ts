/** What the columns of an entity's row must hold, from what its journal and its events say. */
import type { EntityType } from "../../../machines/index.ts";
import type { Context } from "./actors.ts";
import type { Move } from "./transitions.ts";

export interface EntityFacts {
  /** The context it was made with, and the present one. */
  readonly first: Context;
  readonly now: Context;
  readonly state: string;
  /** How it came into a state for the first or the last time. */
  into(which: "first" | "last", state: string): Move | undefined;
}

export interface EntityTable {
  readonly table: string;
  readonly key: string;
  /** It is written when its state changes only. */
  readonly rowOfState?: boolean;
  /** The id of the row, from the actor's context. */
  readonly idOf: (context: Context, actorId: string) => string;
  readonly columns: Readonly<Record<string, (facts: EntityFacts) => unknown>>;
  /** Columns with the moment of a move; undefined: they are NULL. */
  readonly moments: Readonly<Record<string, (facts: EntityFacts) => Move | undefined>>;
}

type Facts = EntityFacts;
const rowId = ({ run_id }: Context, id: unknown): string => `${String(run_id)}/${String(id)}`;
const inRun = (member: string) => (context: Context) => rowId(context, context[member]);
const own = (member: string) => (context: Context) => String(context[member]);
const same = (...members: string[]) =>
  Object.fromEntries(members.map((member) => [member, ({ now }: Facts) => plain(now[member])]));
const always = (value: unknown) => () => value;
const reference =
  (member: string) =>
  ({ now }: Facts) =>
    now[member] === null ? null : rowId(now, now[member]);
const references =
  (member: string) =>
  ({ first }: Facts) =>
    JSON.stringify((first[member] as readonly string[]).map((id) => rowId(first, id)));
const nowIn =
  (...states: string[]) =>
  ({ state, into }: Facts) =>
    states.includes(state) ? into("last", state) : undefined;
const onceIn =
  (state: string) =>
  ({ into }: Facts) =>
    into("first", state);

/** As SQLite keeps it. */
function plain(value: unknown): unknown {
  return typeof value === "boolean" ? Number(value) : (value ?? null);
}

const hasEnded = ({ state }: Facts): boolean => state === "PASSED" || state === "FAILED";
const whenEnded = (value: (context: Context) => unknown) => (facts: Facts) =>
  hasEnded(facts) ? plain(value(facts.now)) : null;
const whenIn = (state: string, value: (facts: Facts, move: Move | undefined) => unknown) => (facts: Facts) =>
  facts.state === state ? value(facts, facts.into("last", state)) : null;
const textOr = (text: unknown, move: Move | undefined): unknown =>
  text === null || text === undefined || text === "" ? move?.trigger : text;

export const entityTables: Readonly<Record<EntityType, EntityTable>> = {
  run: {
    table: "runs",
    key: "run_id",
    rowOfState: true,
    idOf: own("run_id"),
    columns: { phase_id: always(null), metadata: always("{}") },
    moments: { started_at: onceIn("running"), completed_at: nowIn("succeeded", "failed", "canceled") },
  },
  workstream: {
    table: "workstreams",
    key: "ws_id",
    rowOfState: true,
    idOf: inRun("ws_id"),
    columns: {
      ...same("run_id", "is_critical", "allow_failure"),
      depends_on: references("waiting_for"),
      phase_id: always(null),
      metadata: always("{}"),
    },
    moments: { completed_at: nowIn("completed", "failed", "cancelled", "skipped") },
  },
  task: {
    table: "tasks",
    key: "task_id",
    idOf: inRun("task_id"),
    columns: {
      ...same("worker_id", "is_critical", "allow_failure", "retry_count", "max_retries", "timeout_sec", "last_error"),
      workstream_id: reference("ws_id"),
      depends_on: references("waiting_for"),
      gate_dependencies: references("waiting_for_gates"),
      retry_of: reference("retry_of"),
      metadata: always("{}"),
    },
    moments: {
      started_at: onceIn("running"),
      completed_at: nowIn("completed", "failed", "cancelled"),
      cancelled_at: nowIn("cancelled"),
    },
  },
  worker: {
    table: "workers",
    key: "worker_id",
    idOf: own("worker_id"),
    columns: {
      worker_type: always("local"),
      capabilities: ({ now }) => JSON.stringify(now["capabilities"]),
      affinity: always("[]"),
      current_load: ({ now }) => Number(now["task_id"] !== null),
      max_concurrent_tasks: always(1),
      metadata: always("{}"),
    },
    moments: { shutdown_at: nowIn("shutdown") },
  },
  uet_worker: {
    table: "uet_workers",
    key: "worker_id",
    idOf: (_context, actorId) => actorId,
    columns: { worker_type: always("uet"), affinity: always("[]"), metadata: always("{}") },
    moments: { terminated_at: nowIn("TERMINATED") },
  },
  patch_ledger: {
    table: "patch_ledger_entries",
    key: "ledger_id",
    idOf: inRun("ledger_id"),
    columns: {
      ...same(
        "validation_format_passed",
        "validation_scope_passed",
        "validation_constraints_passed",
        "validation_tests_passed",
        "apply_attempts",
        "commit_sha",
      ),
      patch_id: reference("patch_id"),
      workstream_id: reference("ws_id"),
      phase_id: always(null),
      retry_of: reference("retry_of"),
      metadata: always("{}"),
      quarantine_reason: whenIn("quarantined", ({ now }, move) => textOr(now["quarantine_reason"], move)),
      quarantine_metadata: whenIn("quarantined", ({ now }, move) => {
        const { last_error, gates } = now as {
          readonly last_error?: unknown;
          readonly gates?: { first_failure: unknown };
        };
        const first_failed_gate = gates?.first_failure;
        return JSON.stringify({ from: move?.from, trigger: move?.trigger, last_error, first_failed_gate });
      }),
      rollback_reason: whenIn("rolled_back", ({ now }, move) => textOr(now["rollback_reason"], move)),
      rollback_compensation: whenIn("rolled_back", (_, move) =>
        JSON.stringify({ compensated: true, operator: move?.operator ?? null }),
      ),
    },
    moments: { quarantined_at: nowIn("quarantined"), rolled_back_at: nowIn("rolled_back") },
  },
  test_gate: {
    table: "test_gates",
    key: "gate_id",
    idOf: inRun("gate_id"),
    columns: {
      ...same("gate_type", "expected_exit_code", "timeout_sec"),
      workstream_id: reference("ws_id"),
      phase_id: always(null),
      command: ({ now: { command } }) => (typeof command === "string" ? command : JSON.stringify(command)),
      depends_on: references("waiting_for"),
      exit_code: whenEnded(({ exit_code }) => exit_code),
      signal: whenEnded(({ signal, exit_code, timed_out }) =>
        exit_code === null ? (signal ?? (timed_out === true ? "timeout" : "unknown")) : signal,
      ),
      stdout: whenEnded(({ stdout_tail }) => stdout_tail),
      stderr: whenEnded(({ stderr_tail }) => stderr_tail),
      duration_sec: whenEnded(({ duration_seconds }) => duration_seconds),
      retry_of: reference("retry_of"),
      metadata: ({ now: { name, set_id, stage } }) => JSON.stringify({ name, set_id, stage }),
    },
    moments: { started_at: onceIn("RUNNING"), completed_at: nowIn("PASSED", "FAILED") },
  },
  circuit_breaker: {
    table: "circuit_breakers",
    key: "tool_id",
    idOf: own("tool_id"),
    columns: {
      ...same("failure_count", "failure_threshold", "cooldown_seconds", "success_threshold"),
      metadata: always("{}"),
    },
    moments: { opened_at: ({ into }) => into("last", "OPEN") },
  },
};
