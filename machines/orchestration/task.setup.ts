/** What the statechart of a task is made of: its actor, guards and actions. §1.4 */
import { assign, enqueueActions, setup } from "xstate";
import type { Move } from "../declare.ts";
import { isTimed, unprovided } from "../effect.ts";
import { operatorAndReason, operatorOrParent } from "../events.ts";
import { tellParent } from "../family.ts";
import type { ExecuteTaskInput, ExecuteTaskOutput, TaskContext, TaskEvent, TaskInput } from "./task.types.ts";

export function initialContext(input: TaskInput): TaskContext {
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
export function outcomeEvent(output: ExecuteTaskOutput, expected: readonly number[]): TaskEvent {
  if (output.timed_out === true) {
    return { type: "timeout_exceeded", ...(output.error !== undefined && { error: output.error }) };
  }
  const isExpected = output.exit_code !== null && expected.includes(output.exit_code) && output.error === undefined;
  return { ...output, type: isExpected ? "execution_completed" : "execution_failed" };
}

export const taskSetup = setup({
  types: {} as { context: TaskContext; events: TaskEvent; input: TaskInput },
  actors: { executeTask: unprovided<ExecuteTaskOutput, ExecuteTaskInput>() },
  delays: {
    timeout: ({ context }) => context.timeout_sec * 1_000,
    backoff: ({ context: { backoff, retry_count } }) =>
      Math.min(backoff.initial_sec * backoff.factor ** Math.max(0, retry_count - 1), backoff.max_sec) * 1_000,
  },
  guards: {
    isTimed,
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
        enqueue.raise({ type: "upstream_not_completed", reason: `task ${context.upstream_ended} did not complete` });
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
      if (context.waiting_for_gates.includes(id)) {
        return { failed_gates: [...without(context.failed_gates), id] };
      }
      // What a person let it go on without has no say any more, not even once it is reset.
      return context.waiting_for.includes(id) ? { upstream_ended: id } : {};
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
        const last_error = event.error ?? "it ran longer than its time-out";
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
