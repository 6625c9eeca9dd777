import { assign, enqueueActions, raise, setup } from "xstate";
import { declarer, type Move, stateMeta } from "../declare.ts";
import { failureText, unprovided } from "../effect.ts";
import { operatorAndReason, operatorOrParent } from "../events.ts";
import { tellParent } from "../family.ts";
import type { ExecuteTaskInput, ExecuteTaskOutput, TaskContext, TaskEvent, TaskInput } from "./task.types.ts";
import { standingOf } from "./task-standing.ts";

const section = "1.4";
const move = declarer("task", section, ({ from, to }) => standingOf(from) !== standingOf(to));
const state = (description: string) => stateMeta(section, description);

function initialContext(input: TaskInput): TaskContext {
  return {
    task_id: input.task_id,
    run_id: input.run_id,
    ws_id: input.ws_id,
    answers_for: input.answers_for ?? input.task_id,
    retry_of: input.retry_of ?? null,
    is_critical: input.is_critical ?? false,
    allow_failure: input.allow_failure ?? false,
    capabilities: input.capabilities ?? [],
    expected_exit_codes: input.expected_exit_codes ?? [0],
    max_retries: input.max_retries ?? 3,
    timeout_sec: input.timeout_sec ?? 1800,
    backoff: input.backoff ?? { initial_sec: 1, factor: 2, max_sec: 60 },
    dependants: input.dependants ?? [],
    held: input.held ?? false,
    waiting_for: input.depends_on ?? [],
    waiting_for_gates: input.gate_dependencies ?? [],
    failed_gates: [],
    blocked_by: [],
    upstream_ended: null,
    retry_count: 0,
    worker_id: null,
    exit_code: null,
    timed_out: false,
    duration_seconds: null,
    last_error: null,
    patch: null,
    patch_state: null,
  };
}

/** What an execution amounts to, as the literal event. */
function outcomeEvent(output: ExecuteTaskOutput, expected: readonly number[]): TaskEvent {
  if (output.timed_out === true) {
    return { type: "timeout_exceeded" };
  }
  const isExpected = output.exit_code !== null && expected.includes(output.exit_code) && output.error === undefined;
  return { ...output, type: isExpected ? "execution_completed" : "execution_failed" };
}

const base = setup({
  types: {} as { context: TaskContext; events: TaskEvent; input: TaskInput },
  actors: { executeTask: unprovided<ExecuteTaskOutput, ExecuteTaskInput>() },
  delays: {
    timeout: ({ context }) => context.timeout_sec * 1_000,
    backoff: ({ context: { backoff, retry_count } }) =>
      Math.min(backoff.initial_sec * backoff.factor ** Math.max(0, retry_count - 1), backoff.max_sec) * 1_000,
  },
  guards: {
    dependenciesMet: ({ context }) => context.waiting_for.length === 0 && context.waiting_for_gates.length === 0,
    dependencyMissing: ({ context }) => context.waiting_for.length > 0 || context.waiting_for_gates.length > 0,
    gateFailed: ({ context }) => context.failed_gates.length > 0,
    upstreamEnded: ({ context }) => context.upstream_ended !== null,
    workerFits: ({ context, event }) =>
      event.type === "worker_started" &&
      event.idle !== false &&
      (event.capabilities === undefined || context.capabilities.every((need) => event.capabilities?.includes(need))) &&
      (event.affinity === undefined || event.affinity.length === 0 || event.affinity.includes(context.ws_id)),
    exitExpected: ({ context, event }) =>
      event.type === "execution_completed" &&
      event.exit_code !== null &&
      context.expected_exit_codes.includes(event.exit_code),
    // One of before a reset may still be on its way.
    isItsPatch: ({ context, event }) => event.type === "patch_changed" && event.patch_id === context.patch?.patch_id,
    retriesLeft: ({ context }) => context.retry_count < context.max_retries,
    checksPassed: ({ context }) =>
      context.waiting_for_gates.length === 0 &&
      (context.patch === null || context.patch_state === "verified" || context.patch_state === "committed"),
    operatorOrParent: ({ event }) => operatorOrParent(event),
    operatorAndReason: ({ event }) => operatorAndReason(event),
  },
  actions: {
    announce: enqueueActions(({ context, enqueue, self }, { from, to }: Move) => {
      tellParent(self, enqueue, {
        type: "task_changed",
        task_id: context.task_id,
        from,
        to,
        answers_for: context.answers_for,
        is_critical: context.is_critical,
        allow_failure: context.allow_failure,
        dependants: to === "completed" || to === "failed" || to === "cancelled" ? context.dependants : [],
        patch_id: context.patch?.patch_id ?? null,
        reason: context.last_error,
      } as never);
    }),
    /** Raises what the dependencies call for; the states take what is theirs. */
    proceed: enqueueActions(({ context, enqueue }) => {
      if (context.upstream_ended !== null) {
        enqueue.raise({ type: "dependency_check_failed" });
        enqueue.raise({ type: "upstream_not_completed" });
      } else if (context.failed_gates.length > 0) {
        enqueue.raise({ type: "gate_failed" });
      } else if (context.waiting_for.length > 0 || context.waiting_for_gates.length > 0) {
        enqueue.raise({ type: "dependency_check_failed" });
      } else if (!context.held) {
        enqueue.raise({ type: "dependency_satisfied" });
        enqueue.raise({ type: "scheduler_assigned" });
      }
    }),
    hold: assign({ held: true }),
    release: assign({ held: false }),
    noteDependency: assign(({ context, event }) => {
      if (event.type !== "dependency_ended") {
        return {};
      }
      const { id, state: ended } = event;
      const without = (ids: readonly string[]) => ids.filter((other) => other !== id);
      if (ended === "completed" || ended === "PASSED") {
        return {
          waiting_for: without(context.waiting_for),
          waiting_for_gates: without(context.waiting_for_gates),
          failed_gates: without(context.failed_gates),
        };
      }
      const isGate = context.waiting_for_gates.includes(id);
      return isGate ? { failed_gates: [...without(context.failed_gates), id] } : { upstream_ended: id };
    }),
    setBlockedBy: assign({
      blocked_by: ({ context }) => [...context.waiting_for, ...context.waiting_for_gates],
    }),
    clearBlockedBy: assign({ blocked_by: [] }),
    waitForNothing: assign({ waiting_for: [], waiting_for_gates: [], failed_gates: [], upstream_ended: null }),
    // What the attempt before left does not count for this one.
    assignWorker: assign({
      worker_id: ({ event }) => (event.type === "worker_started" ? event.worker_id : null),
      exit_code: null,
      timed_out: false,
      duration_seconds: null,
    }),
    clearWorker: assign({ worker_id: null }),
    /** Its worker is free again. */
    noteOutcome: assign(({ context, event }) => {
      if (event.type === "timeout_exceeded") {
        const duration_seconds = context.timeout_sec;
        const last_error = "it ran longer than its time-out";
        return { worker_id: null, timed_out: true, exit_code: null, duration_seconds, last_error };
      }
      if (event.type !== "execution_completed" && event.type !== "execution_failed") {
        return {};
      }
      const ended = event.signal ?? (event.exit_code === undefined ? null : `exit code ${event.exit_code}`);
      return {
        worker_id: null,
        timed_out: false,
        exit_code: event.exit_code ?? null,
        duration_seconds: event.duration_seconds ?? null,
        last_error: event.type === "execution_failed" ? (event.error ?? ended ?? "it failed") : null,
        patch: event.patch ?? null,
      };
    }),
    countRetry: assign({ retry_count: ({ context }) => context.retry_count + 1 }),
    resetRetries: assign({ retry_count: 0, worker_id: null, patch: null, patch_state: null }),
    check: enqueueActions(({ context, enqueue, self }) => {
      if (context.patch === null) {
        enqueue.raise({ type: "validation_passed" });
      } else {
        tellParent(self, enqueue, { type: "patch_created", task_id: context.task_id, patch: context.patch } as never);
      }
    }),
    abandonPatch: enqueueActions(({ context: { patch, task_id }, enqueue, event, self }) => {
      if (patch !== null && "operator" in event && typeof event.operator === "string") {
        const reason = `task ${task_id} does not want it any more: ${event.reason ?? "stopped"}`;
        const { operator } = event;
        tellParent(self, enqueue, { type: "patch_abandoned", patch_id: patch.patch_id, operator, reason } as never);
      }
    }),
    notePatch: assign({
      patch_state: ({ context, event }) => (event.type === "patch_changed" ? event.to : context.patch_state),
    }),
    judgePatch: enqueueActions(({ context, enqueue, event }) => {
      if (context.patch_state === "committed") {
        enqueue.raise({ type: "validation_passed" });
      } else if (context.patch_state === "quarantined" || context.patch_state === "dropped") {
        const reason = event.type === "patch_changed" ? event.reason : null;
        enqueue.raise({ type: "validation_failed", reason: reason ?? `its patch is ${context.patch_state}` });
      }
    }),
    noteReason: assign({
      last_error: ({ context, event }) =>
        "reason" in event && typeof event.reason === "string" ? event.reason : context.last_error,
    }),
  },
});

const cancellable = (from: string) => ({
  user_cancelled: move(from, "cancelled", "user_cancelled", "A person, or the end of its workstream, stops it.", {
    guard: "operatorOrParent",
    asks: "operator named, or the cascade of a parent that was cancelled",
    actions: ["noteReason", "clearWorker", "abandonPatch"],
    severity: "warning",
    since: from === "running" ? "1.0.0" : "1.1.0",
  }),
});

const overridable = (from: string) => {
  const override = {
    guard: "operatorAndReason",
    asks: "operator and reason given",
    severity: "warning",
    since: "1.1.0",
    override: true,
  } as const;
  return {
    override_complete_task: move(from, "completed", "override_complete_task", "A person declares it done.", {
      ...override,
      actions: ["noteReason", "clearWorker", "abandonPatch"],
    }),
    override_fail_task: move(from, "failed", "override_fail_task", "A person declares it failed.", {
      ...override,
      actions: ["noteReason", "clearWorker", "abandonPatch"],
    }),
    ...(from !== "pending" && {
      override_reset_task: move(from, "pending", "override_reset_task", "A person has it begin again.", {
        ...override,
        actions: ["abandonPatch", "resetRetries"],
      }),
    }),
  };
};

/** One unit of work, done by one worker at a time. §1.4 */
export const taskMachine = base.createMachine({
  id: "task",
  context: ({ input }) => initialContext(input),
  initial: "pending",
  version: "1.1.0",
  on: {
    workstream_ready: { actions: ["release", "proceed"] },
    workstream_paused: { actions: "hold" },
    dependency_ended: { actions: ["noteDependency", "proceed"] },
  },
  states: {
    pending: {
      ...state("created"),
      entry: "proceed",
      on: {
        scheduler_assigned: move("pending", "queued", "scheduler_assigned", "It may be given to a worker.", {
          guard: "dependenciesMet",
          asks: "every task in depends_on is completed and every gate in gate_dependencies is PASSED",
        }),
        dependency_check_failed: move("pending", "blocked", "dependency_check_failed", "It waits for another task.", {
          guard: "dependencyMissing",
          asks: "some task in depends_on is not completed",
          actions: ["setBlockedBy"],
        }),
        gate_failed: move("pending", "blocked", "gate_failed", "A gate that it needs has failed.", {
          guard: "gateFailed",
          asks: "some gate in gate_dependencies is FAILED",
          actions: ["setBlockedBy"],
          severity: "warning",
        }),
        ...cancellable("pending"),
        ...overridable("pending"),
      },
    },
    queued: {
      ...state("scheduled, waits for a worker"),
      on: {
        worker_started: move("queued", "running", "worker_started", "A worker takes it.", {
          guard: "workerFits",
          asks: "the worker is idle, has every required capability, and its affinity allows the workstream",
          actions: ["assignWorker"],
        }),
        ...cancellable("queued"),
        ...overridable("queued"),
      },
    },
    blocked: {
      ...state("a dependency or a gate is not met"),
      on: {
        dependency_satisfied: move("blocked", "pending", "dependency_satisfied", "Nothing holds it up any more.", {
          guard: "dependenciesMet",
          asks: "nothing blocks it any more",
          actions: ["clearBlockedBy"],
        }),
        upstream_not_completed: move(
          "blocked",
          "cancelled",
          "upstream_not_completed",
          "What it waits for never comes.",
          {
            guard: "upstreamEnded",
            asks: "a task in depends_on ended other than completed",
            severity: "warning",
            since: "1.1.0",
          },
        ),
        nothing_left: {
          guard: "gateFailed",
          actions: raise({ type: "user_cancelled", by_parent: true, reason: "a gate that it needs has failed" }),
        },
        override_unblock_task: move("blocked", "pending", "override_unblock_task", "A person lets it go on.", {
          guard: "operatorAndReason",
          asks: "operator and reason given",
          actions: ["waitForNothing", "clearBlockedBy"],
          severity: "warning",
          since: "1.1.0",
          override: true,
        }),
        ...cancellable("blocked"),
        ...overridable("blocked"),
      },
    },
    running: {
      ...state("a worker executes it"),
      invoke: {
        src: "executeTask",
        input: ({ context: { task_id, run_id, ws_id, worker_id, retry_count } }) => ({
          task_id,
          run_id,
          ws_id,
          worker_id,
          attempt: retry_count + 1,
        }),
        onDone: { actions: raise(({ context, event }) => outcomeEvent(event.output, context.expected_exit_codes)) },
        onError: { actions: raise(({ event }) => ({ type: "execution_failed", error: failureText(event.error) })) },
      },
      after: { timeout: { actions: raise({ type: "timeout_exceeded" }) } },
      on: {
        execution_completed: move("running", "validating", "execution_completed", "Its command ended as expected.", {
          guard: "exitExpected",
          asks: "exit code is an expected one (0 unless the plan says otherwise)",
          actions: ["noteOutcome"],
        }),
        execution_failed: [
          move("running", "retrying", "execution_failed", "It failed, and may try again.", {
            guard: "retriesLeft",
            asks: "retry_count < max_retries",
            actions: ["noteOutcome", "countRetry"],
            severity: "warning",
          }),
          move("running", "failed", "execution_failed", "It failed, and its retries are used.", {
            asks: "retry_count >= max_retries",
            actions: ["noteOutcome"],
            severity: "error",
          }),
        ],
        timeout_exceeded: [
          move("running", "retrying", "timeout_exceeded", "It took too long, and may try again.", {
            guard: "retriesLeft",
            asks: "retry_count < max_retries",
            actions: ["noteOutcome", "countRetry"],
            severity: "warning",
          }),
          move("running", "failed", "timeout_exceeded", "It took too long, and its retries are used.", {
            asks: "retry_count >= max_retries",
            actions: ["noteOutcome"],
            severity: "error",
          }),
        ],
        ...cancellable("running"),
        ...overridable("running"),
      },
    },
    validating: {
      ...state("executed; its checks run"),
      entry: "check",
      on: {
        patch_changed: { guard: "isItsPatch", actions: ["notePatch", "judgePatch"] },
        validation_passed: move("validating", "completed", "validation_passed", "Its checks passed.", {
          guard: "checksPassed",
          asks: "all its rules pass, every gate in gate_dependencies is PASSED, and its patch, if it has one, is verified or committed",
        }),
        validation_failed: move("validating", "failed", "validation_failed", "A check of it failed.", {
          actions: ["noteReason"],
          severity: "error",
        }),
        ...cancellable("validating"),
        ...overridable("validating"),
      },
    },
    retrying: {
      ...state("failed, waits for its backoff"),
      after: { backoff: { actions: raise({ type: "retry_delay_elapsed" }) } },
      on: {
        retry_delay_elapsed: move("retrying", "queued", "retry_delay_elapsed", "Its wait is over.", {
          asks: "the backoff is over",
          severity: "warning",
        }),
        ...cancellable("retrying"),
        ...overridable("retrying"),
      },
    },
    completed: { ...state("executed and checked"), type: "final" },
    failed: { ...state("gave up: retries used, or its checks failed"), type: "final" },
    cancelled: { ...state("stopped by a person"), type: "final" },
  },
});
