import type { EntityType } from "./catalogue.ts";

/** Says what is wrong with a value, in words; undefined for a good one. */
type Check = (value: unknown) => string | undefined;

const is =
  (words: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : `is no ${words}`;
const text = is("text", (value) => typeof value === "string");
const flag = is("true or false", (value) => typeof value === "boolean");
const number = is("number", (value) => typeof value === "number" && Number.isFinite(value));
const texts = is("list of texts", (value) => Array.isArray(value) && value.every((each) => typeof each === "string"));
const list = is("list", Array.isArray);
const object = is("object", (value) => typeof value === "object" && value !== null && !Array.isArray(value));
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : check(value);

interface Fields {
  readonly needed?: Readonly<Record<string, Check>>;
  readonly optional?: Readonly<Record<string, Check>>;
}

const nothing: Fields = {};
/** Who and why are asked for by the guards, so that an attempt without them is refused by the machine, and logged. */
const byPerson: Fields = { optional: { operator: text, reason: text } };
const byPersonOrParent: Fields = { optional: { operator: text, reason: text, by_parent: flag } };
const withReason: Fields = { needed: { reason: text } };

const outcome = {
  signal: orNull(text),
  timed_out: flag,
  duration_seconds: number,
};
const execution = { ...outcome, patch: orNull(object), error: text };
const gateOutcome = { ...outcome, stdout_tail: text, stderr_tail: text };
const checks = { format_passed: flag, scope_passed: flag, constraints_passed: flag };

/** Payloads of the events that come from outside, by machine and type. What is not here comes from the family itself. */
const fields: Readonly<Record<EntityType, Readonly<Record<string, Fields>>>> = {
  run: {
    orchestrator_started: { needed: { workstreams: list } },
    user_cancelled: byPersonOrParent,
    pause_requested: byPersonOrParent,
    resume_requested: byPersonOrParent,
  },
  workstream: {
    run_started: { needed: { tasks: list }, optional: { gates: list, disabled: flag } },
    user_cancelled: byPersonOrParent,
    pause_requested: byPersonOrParent,
    resume_requested: byPersonOrParent,
    override_fail_workstream: byPerson,
    task_redone: { needed: { task_id: text, successor_id: text }, optional: { operator: text, reason: text } },
  },
  task: {
    worker_started: { needed: { worker_id: text }, optional: { idle: flag, capabilities: texts, affinity: texts } },
    execution_completed: { needed: { exit_code: orNull(number) }, optional: execution },
    execution_failed: { optional: { exit_code: orNull(number), ...execution } },
    timeout_exceeded: { optional: { error: text } },
    retry_delay_elapsed: nothing,
    user_cancelled: byPersonOrParent,
    override_complete_task: byPerson,
    override_fail_task: byPerson,
    override_reset_task: byPerson,
    override_unblock_task: byPerson,
  },
  worker: {
    registration_complete: { needed: { capabilities: texts } },
    task_assigned: { needed: { task_id: text }, optional: { needs: texts } },
    task_completed: nothing,
    task_withdrawn: nothing,
    health_check_timeout: { needed: { silent_sec: number } },
    health_check_recovered: nothing,
    max_timeout_exceeded: { needed: { silent_sec: number } },
    shutdown_requested: nothing,
    suspend_requested: nothing,
    resume_requested: nothing,
  },
  uet_worker: Object.fromEntries(
    [
      "initialization_complete",
      "spawn_failed",
      "task_assigned",
      "task_completed",
      "current_task_finished",
      "shutdown_requested",
      "heartbeat_timeout",
      "worker_crashed",
    ].map((type) => [type, nothing]),
  ),
  patch_ledger: {
    validation_passed: { needed: checks, optional: { reason: orNull(text) } },
    validation_failed: { needed: { reason: text }, optional: checks },
    merge_accepted: nothing,
    policy_violation: withReason,
    git_apply_succeeded: nothing,
    git_apply_failed: { optional: { reason: text } },
    manual_discard: byPerson,
    tests_failed: withReason,
    git_commit_succeeded: { needed: { commit_sha: text } },
    rollback_requested: { needed: { compensated: flag }, optional: { operator: text, reason: text } },
    workstream_cancelled: withReason,
    override_drop_patch: byPerson,
  },
  test_gate: {
    execution_started: nothing,
    exit_code_expected: { needed: { exit_code: number }, optional: gateOutcome },
    exit_code_unexpected: { needed: { exit_code: orNull(number) }, optional: gateOutcome },
    timeout_exceeded: { optional: { exit_code: orNull(number), ...gateOutcome } },
    user_cancelled: { optional: { ...byPersonOrParent.optional, exit_code: orNull(number), ...gateOutcome } },
  },
  circuit_breaker: {
    call_succeeded: nothing,
    call_failed: nothing,
    override_reset_breaker: byPerson,
  },
};

/**
 * What is wrong with the payload of an event from outside: a field too many, one missing, or one of another type;
 * undefined for a good one, and for events that a machine's family sends.
 */
export function eventFault(entity: EntityType, event: { readonly type: string }): string | undefined {
  const known = Object.hasOwn(fields[entity], event.type) ? fields[entity][event.type] : undefined;
  if (known === undefined) {
    return undefined;
  }
  const { needed = {}, optional = {} } = known;
  const { type: _, ...payload } = event as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(needed)) {
    if (payload[name] === undefined) {
      return `${name} is missing`;
    }
  }
  for (const [name, value] of Object.entries(payload)) {
    const check = Object.hasOwn(needed, name) ? needed[name] : Object.hasOwn(optional, name) ? optional[name] : null;
    if (check === null || check === undefined) {
      const allowed = [...Object.keys(needed), ...Object.keys(optional)].join(", ") || "none";
      return `${name} is not a field of it (fields: ${allowed})`;
    }
    const fault = value === undefined ? undefined : check(value);
    if (fault !== undefined) {
      return `${name} ${fault}`;
    }
  }
  return undefined;
}
