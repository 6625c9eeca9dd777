import { raise } from "xstate";
import { declarer, stateMeta } from "../declare.ts";
import { failureText } from "../effect.ts";
import { initialContext, outcomeEvent, taskSetup } from "./task.setup.ts";
import { standingOf } from "./task-standing.ts";

const section = "1.4";
const move = declarer("task", section, ({ from, to }) => standingOf(from) !== standingOf(to));
const state = (description: string) => stateMeta(section, description);

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
export const taskMachine = taskSetup.createMachine({
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
            actions: ["noteReason"],
            severity: "warning",
            since: "1.1.0",
          },
        ),
        nothing_left: {
          guard: "gateFailed",
          actions: raise(({ context }) => ({
            type: "user_cancelled",
            by_parent: true,
            reason: `a gate that it needs has failed: ${context.failed_gates.join(", ")}`,
          })),
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
      after: { timeout: { guard: "isTimed", actions: raise({ type: "timeout_exceeded" }) } },
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
