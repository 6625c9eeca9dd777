import { assign, enqueueActions, raise, setup } from "xstate";
import { declarer, type Move, stateMeta } from "../declare.ts";
import { failureText, unprovided } from "../effect.ts";
import { operatorAndReason, operatorNamed, operatorOrParent } from "../events.ts";
import { tellChild, tellChildren, tellParent } from "../family.ts";
import { dependencyEvent, gateInputs, noGates, tallied as talliedGates, verdictOf } from "../gate-set.ts";
import { mergeId } from "../ids.ts";
import { patchLedgerMachine } from "../uet/patch-ledger.ts";
import { testGateMachine } from "../uet/test-gate.ts";
import { taskMachine } from "./task.ts";
import type { MergeInput, WorkstreamContext, WorkstreamEvent, WorkstreamInput } from "./workstream.types.ts";
import {
  allCompleted,
  derived,
  endedIncomplete,
  firstChildren,
  forwardToDependants,
  hasBegun,
  noTasks,
  patchBefore,
  queueAfter,
  stopFamily,
  stopGates,
  successorOf,
  tallied,
  talliedAgain,
} from "./workstream-actions.ts";

const section = "1.3";
const move = declarer("workstream", section);

function initialContext(input: WorkstreamInput): WorkstreamContext {
  return {
    ws_id: input.ws_id,
    run_id: input.run_id,
    is_critical: input.is_critical ?? false,
    allow_failure: input.allow_failure ?? false,
    dependency_timeout_sec: input.dependency_timeout_sec ?? null,
    dependants: input.dependants ?? [],
    waiting_for: input.depends_on ?? [],
    upstream_ended: null,
    tasks_created: false,
    verify: input.verify ?? [],
    final: input.final ?? [],
    tasks: noTasks,
    redone: [],
    open_patches: 0,
    quarantined: 0,
    patch_queue: [],
    patch_active: null,
    merge_attempt: 0,
    final_gates: noGates,
    paused_in: null,
    last_error: null,
  };
}

const mergeInput = ({ run_id, ws_id, merge_attempt }: WorkstreamContext): MergeInput => ({
  run_id,
  ws_id,
  merge_id: mergeId(ws_id, merge_attempt),
});

const base = setup({
  types: {} as { context: WorkstreamContext; events: WorkstreamEvent; input: WorkstreamInput },
  actors: {
    task: taskMachine,
    test_gate: testGateMachine,
    patch_ledger: patchLedgerMachine,
    prepareMerge: unprovided<void, MergeInput>(),
    publishMerge: unprovided<void, MergeInput>(),
  },
  delays: { dependencyTimeout: ({ context }) => (context.dependency_timeout_sec ?? 0) * 1_000 },
  guards: {
    dependenciesMet: ({ context }) => context.waiting_for.length === 0,
    createdAndFree: ({ context }) => context.tasks_created && context.waiting_for.length === 0,
    createdAndWaiting: ({ context }) => context.tasks_created && context.waiting_for.length > 0,
    upstreamEnded: ({ context }) => context.upstream_ended !== null,
    hasDependencyTimeout: ({ context }) => context.dependency_timeout_sec !== null,
    someTaskStarted: ({ context }) => hasBegun(context),
    allCompleted: ({ context }) => allCompleted(context),
    criticalFailed: ({ context }) => context.tasks.critical_failed > 0,
    someQuarantined: ({ context }) => context.quarantined > 0,
    endedIncomplete: ({ context }) => endedIncomplete(context),
    finalPassed: ({ context }) => verdictOf(context.final_gates) === "passed",
    wasReady: ({ context }) => context.paused_in === "ready",
    wasExecuting: ({ context }) => context.paused_in === "executing",
    wasValidating: ({ context }) => context.paused_in === "validating",
    operatorNamed: ({ event }) => operatorNamed(event),
    operatorOrParent: ({ event }) => operatorOrParent(event),
    operatorAndReason: ({ event }) => operatorAndReason(event),
    // One that was paused while it was being merged goes on with its merge, and waits for no task any more.
    mayBeRedone: ({ context, event }) =>
      event.type === "task_redone" &&
      operatorAndReason(event) &&
      !context.redone.includes(event.task_id) &&
      context.paused_in !== "validating",
  },
  actions: {
    announce: enqueueActions(({ context, enqueue, self }, { from, to }: Move) => {
      const hasEnded = ["completed", "failed", "cancelled", "skipped"].includes(to);
      if (to === "failed" || to === "cancelled" || to === "skipped") {
        stopFamily(self, enqueue as never, `workstream ${context.ws_id} is ${to}`);
      } else if (to === "completed") {
        stopGates(self, enqueue as never);
      }
      tellParent(self, enqueue, {
        type: "workstream_changed",
        ws_id: context.ws_id,
        from,
        to,
        is_critical: context.is_critical,
        allow_failure: context.allow_failure,
        dependants: hasEnded ? context.dependants : [],
        reason: context.last_error,
      } as never);
    }),
    createChildren: enqueueActions(({ context, enqueue, event }) => {
      if (event.type !== "run_started") {
        return;
      }
      if (event.disabled === true) {
        enqueue.raise({ type: "explicitly_disabled" });
        return;
      }
      const { tasks, gates } = firstChildren(context, event);
      enqueue.assign({
        tasks: { ...noTasks, total: tasks.length, waiting: tasks.length },
        tasks_created: true,
      });
      for (const task of tasks) {
        enqueue.spawnChild("task", task);
      }
      for (const gate of gates) {
        enqueue.spawnChild("test_gate", gate);
      }
      enqueue.raise({ type: context.waiting_for.length > 0 ? "dependency_not_satisfied" : "all_tasks_created" });
    }),
    releaseChildren: enqueueActions(({ context, enqueue, self }) => {
      tellChildren(self, enqueue as never, ["task", "test_gate"], { type: "workstream_ready" });
      if (context.tasks.total === 0) {
        enqueue.raise({ type: "first_task_started" });
      }
    }),
    holdChildren: enqueueActions(({ enqueue, self }) => {
      tellChildren(self, enqueue as never, ["task", "test_gate"], { type: "workstream_paused" });
    }),
    derive: enqueueActions(({ context, enqueue }) => {
      for (const event of derived(context)) {
        enqueue.raise(event);
      }
    }),
    /** Counts a task that moved, tells those that wait for it, and raises what follows. */
    noteTask: enqueueActions(({ context, enqueue, event, self }, { isReady }: { readonly isReady: boolean }) => {
      if (event.type === "task_changed") {
        const tasks = tallied(context.tasks, event);
        enqueue.assign({ tasks });
        forwardToDependants(self, enqueue as never, event);
        for (const next of derived({ tasks, open_patches: context.open_patches, quarantined: context.quarantined })) {
          // It leads out of `ready` only, and no other event comes as often.
          if (isReady || next.type !== "first_task_started") {
            enqueue.raise(next);
          }
        }
      }
    }),
    takePatch: enqueueActions(({ context, enqueue, event, self }) => {
      if (event.type === "patch_created") {
        const { run_id, ws_id, verify } = context;
        const retry_of = event.patch.retry_of ?? patchBefore(self, event.task_id);
        const patch = { ...event.patch, ...(retry_of !== undefined && { retry_of }) };
        enqueue.assign({ open_patches: context.open_patches + 1 });
        enqueue.spawnChild("patch_ledger", {
          id: patch.patch_id,
          input: { run_id, ws_id, task_id: event.task_id, patch, verify },
        });
      }
    }),
    dropPatch: enqueueActions(({ enqueue, event, self }) => {
      if (event.type === "patch_abandoned") {
        const { operator, reason } = event;
        tellChild(self, enqueue as never, event.patch_id, { type: "override_drop_patch", operator, reason } as never);
      }
    }),
    notePatch: enqueueActions(({ context, enqueue, event, self }) => {
      if (event.type !== "patch_changed") {
        return;
      }
      const { next, ...queue } = queueAfter(context, event);
      const isOver = event.to === "committed" || event.to === "quarantined" || event.to === "dropped";
      enqueue.assign({
        ...queue,
        open_patches: context.open_patches - Number(isOver),
        quarantined: context.quarantined + Number(event.to === "quarantined"),
        last_error: event.to === "quarantined" ? event.reason : context.last_error,
      });
      tellChild(self, enqueue as never, event.task_id, event);
      if (next !== null) {
        tellChild(self, enqueue as never, next, { type: "merge_accepted" });
      }
    }),
    noteGate: enqueueActions(({ context, enqueue, event, self }) => {
      if (event.type !== "gate_changed") {
        return;
      }
      const news = dependencyEvent(event);
      for (const id of news === undefined ? [] : event.dependants) {
        tellChild(self, enqueue as never, id, news as never);
      }
      if (event.set_id !== mergeId(context.ws_id, context.merge_attempt)) {
        return;
      }
      const gates = talliedGates(context.final_gates, event);
      enqueue.assign({ final_gates: gates });
      if (verdictOf(gates) === "failed") {
        enqueue.raise({ type: "validation_failed", reason: gates.first_failure ?? "a final gate failed" });
      }
    }),
    redoTask: enqueueActions(({ context, enqueue, event, self }, { held }: { readonly held: boolean }) => {
      const successor = event.type === "task_redone" ? successorOf(self, event, held) : undefined;
      if (successor !== undefined) {
        const { replaced } = successor;
        enqueue.assign({
          tasks: talliedAgain(context.tasks, replaced),
          redone: [...context.redone, successor.input.retry_of],
          quarantined: context.quarantined - Number(replaced.isQuarantined),
        });
        enqueue.spawnChild("task", { id: successor.input.task_id, input: successor.input });
      }
    }),
    // A merge that was paused is begun anew, and its gates with it.
    stopEarlierGates: enqueueActions(({ enqueue, self }) => stopGates(self, enqueue as never)),
    beginMerge: assign({ merge_attempt: ({ context }) => context.merge_attempt + 1, final_gates: noGates }),
    spawnFinalGates: enqueueActions(({ context, enqueue }) => {
      const { run_id, ws_id, merge_attempt } = context;
      const gates = gateInputs(context.final, {
        run_id,
        ws_id,
        set_id: mergeId(ws_id, merge_attempt),
        stage: "final",
      });
      enqueue.assign({ final_gates: { ...noGates, total: gates.length } });
      for (const gate of gates) {
        enqueue.spawnChild("test_gate", gate);
      }
    }),
    noteDependency: assign(({ context, event }) => {
      if (event.type !== "dependency_ended") {
        return {};
      }
      return event.state === "completed"
        ? { waiting_for: context.waiting_for.filter((id) => id !== event.id) }
        : { upstream_ended: event.id };
    }),
    judgeDependencies: enqueueActions(({ context, enqueue }) => {
      if (context.upstream_ended !== null) {
        enqueue.raise({ type: "upstream_not_completed" });
      } else if (context.waiting_for.length === 0) {
        enqueue.raise({ type: "dependencies_met" });
      }
    }),
    noteReason: assign({
      last_error: ({ context, event }) =>
        "reason" in event && typeof event.reason === "string" ? event.reason : context.last_error,
    }),
    rememberReady: assign({ paused_in: "ready" }),
    rememberExecuting: assign({ paused_in: "executing" }),
    rememberValidating: assign({ paused_in: "validating" }),
  },
});

const cancellable = (from: string, since: "1.0.0" | "1.1.0" = "1.0.0") => ({
  user_cancelled: move(from, "cancelled", "user_cancelled", "A person, or the end of its run, stops it.", {
    guard: "operatorOrParent",
    asks: "operator named",
    actions: ["noteReason"],
    severity: "warning",
    since,
  }),
});

const failable = (from: string) => ({
  override_fail_workstream: move(from, "failed", "override_fail_workstream", "A person declares it failed.", {
    guard: "operatorAndReason",
    asks: "operator and reason given",
    actions: ["noteReason"],
    severity: "warning",
    since: "1.1.0",
    override: true,
  }),
});

const pausable = <const A extends string>(from: string, remember: A) => ({
  pause_requested: move(from, "paused", "pause_requested", "No task starts any more.", {
    actions: [remember, "holdChildren" as const],
    severity: "warning",
    since: "1.1.0",
  }),
});

/** A person has an ended task of it done again; in a paused one the successor does not start yet. */
const redoes = (params: { readonly held: boolean }) => ({
  guard: "mayBeRedone" as const,
  actions: { type: "redoTask" as const, params },
  meta: { guard: "operator and reason given, no successor of the task yet, and the merge has not begun" },
});

/** A group of tasks of one run, merged as one. §1.3 */
export const workstreamMachine = base.createMachine({
  id: "workstream",
  version: "1.1.0",
  context: ({ input }) => initialContext(input),
  initial: "planned",
  on: {
    task_changed: { actions: { type: "noteTask", params: { isReady: false } } },
    patch_created: { actions: "takePatch" },
    patch_abandoned: { actions: "dropPatch" },
    patch_changed: { actions: ["notePatch", "derive"] },
    gate_changed: { actions: "noteGate" },
    dependency_ended: { actions: ["noteDependency", "judgeDependencies"] },
  },
  states: {
    planned: {
      ...stateMeta(section, "defined, tasks not created yet"),
      on: {
        run_started: { actions: "createChildren" },
        all_tasks_created: move("planned", "ready", "all_tasks_created", "Its tasks are there, nothing holds it up.", {
          guard: "createdAndFree",
          asks: "task count equals the plan and every workstream in depends_on is completed",
        }),
        dependency_not_satisfied: move("planned", "blocked", "dependency_not_satisfied", "It waits for another.", {
          guard: "createdAndWaiting",
          asks: "some workstream in depends_on is not completed",
        }),
        explicitly_disabled: move("planned", "skipped", "explicitly_disabled", "It is switched off."),
        ...cancellable("planned"),
        ...failable("planned"),
      },
    },
    ready: {
      ...stateMeta(section, "tasks created and dependencies met"),
      entry: "releaseChildren",
      on: {
        task_changed: { actions: { type: "noteTask", params: { isReady: true } } },
        first_task_started: move("ready", "executing", "first_task_started", "Its first task runs.", {
          guard: "someTaskStarted",
          asks: "some task is running",
          actions: ["derive"],
        }),
        explicitly_disabled: move("ready", "skipped", "explicitly_disabled", "It is switched off."),
        ...pausable("ready", "rememberReady"),
        ...cancellable("ready"),
        ...failable("ready"),
      },
    },
    blocked: {
      ...stateMeta(section, "waits for other workstreams"),
      // One of them may have ended while this one was planned.
      entry: "judgeDependencies",
      after: {
        dependencyTimeout: { guard: "hasDependencyTimeout", actions: raise({ type: "dependency_timeout" }) },
      },
      on: {
        dependencies_met: move("blocked", "ready", "dependencies_met", "Those before it are completed.", {
          guard: "dependenciesMet",
          asks: "every workstream in depends_on is completed",
        }),
        upstream_not_completed: move("blocked", "skipped", "upstream_not_completed", "What it waits for never comes.", {
          guard: "upstreamEnded",
          asks: "a workstream in depends_on ended other than completed",
          severity: "warning",
          since: "1.1.0",
        }),
        dependency_timeout: move("blocked", "failed", "dependency_timeout", "It waited too long.", {
          guard: "hasDependencyTimeout",
          asks: "blocked longer than dependency_timeout_sec",
          severity: "error",
          since: "1.1.0",
        }),
        ...cancellable("blocked", "1.1.0"),
        ...failable("blocked"),
      },
    },
    executing: {
      ...stateMeta(section, "at least one task has begun"),
      on: {
        task_redone: redoes({ held: false }),
        all_tasks_completed: move("executing", "validating", "all_tasks_completed", "Its tasks are completed.", {
          guard: "allCompleted",
          asks: "every task is completed and every live patch is verified or committed",
        }),
        critical_task_failed: move("executing", "failed", "critical_task_failed", "A critical task failed.", {
          guard: "criticalFailed",
          asks: "some task with is_critical is failed",
          severity: "critical",
        }),
        patch_quarantined: move("executing", "failed", "patch_quarantined", "A patch of it was quarantined.", {
          guard: "someQuarantined",
          asks: "some live patch is quarantined",
          severity: "error",
        }),
        tasks_ended_incomplete: move(
          "executing",
          "failed",
          "tasks_ended_incomplete",
          "All tasks ended, not all well.",
          {
            guard: "endedIncomplete",
            asks: "every task is terminal and one that may not fail (allow_failure not set) is failed or cancelled",
            severity: "error",
            since: "1.1.0",
          },
        ),
        ...pausable("executing", "rememberExecuting"),
        ...cancellable("executing"),
        ...failable("executing"),
      },
    },
    validating: {
      ...stateMeta(section, "all tasks completed; the final checks run"),
      initial: "merging",
      on: {
        validation_passed: move("validating", "completed", "validation_passed", "It is merged.", {
          guard: "finalPassed",
          asks: "the final gates passed and the merge is done",
        }),
        validation_failed: move("validating", "failed", "validation_failed", "It could not be merged.", {
          actions: ["noteReason"],
          severity: "error",
        }),
        patch_quarantined: move("validating", "failed", "patch_quarantined", "A patch of it was quarantined.", {
          guard: "someQuarantined",
          asks: "some live patch is quarantined",
          severity: "error",
        }),
        ...pausable("validating", "rememberValidating"),
        ...cancellable("validating", "1.1.0"),
        ...failable("validating"),
      },
      states: {
        merging: {
          ...stateMeta(section, "waits for its turn, and for the merged tree"),
          entry: ["stopEarlierGates", "beginMerge"],
          invoke: {
            src: "prepareMerge",
            input: ({ context }) => mergeInput(context),
            onDone: "checking",
            onError: {
              actions: raise(({ event }) => ({ type: "validation_failed", reason: failureText(event.error) })),
            },
          },
        },
        checking: {
          ...stateMeta(section, "its final gates run on the merged tree"),
          entry: "spawnFinalGates",
          always: { guard: "finalPassed", target: "publishing" },
        },
        publishing: {
          ...stateMeta(section, "the run's branch is moved"),
          invoke: {
            src: "publishMerge",
            input: ({ context }) => mergeInput(context),
            onDone: { actions: raise({ type: "validation_passed" }) },
            onError: {
              actions: raise(({ event }) => ({ type: "validation_failed", reason: failureText(event.error) })),
            },
          },
        },
      },
    },
    paused: {
      ...stateMeta(section, "no task starts; remembers the state it came from", "1.1.0"),
      on: {
        task_redone: redoes({ held: true }),
        resume_requested: (["ready", "executing", "validating"] as const).map((to) =>
          move("paused", to, "resume_requested", "It goes on where it was.", {
            guard: ({ ready: "wasReady", executing: "wasExecuting", validating: "wasValidating" } as const)[to],
            asks: "the state it was paused in",
            actions: ["releaseChildren", "derive"],
            severity: "warning",
            since: "1.1.0",
          }),
        ),
        ...cancellable("paused", "1.1.0"),
        ...failable("paused"),
      },
    },
    completed: { ...stateMeta(section, "final checks passed and merged"), type: "final" },
    failed: { ...stateMeta(section, "failed, kept for analysis"), type: "final" },
    cancelled: { ...stateMeta(section, "stopped by a person"), type: "final" },
    skipped: { ...stateMeta(section, "switched off on purpose"), type: "final" },
  },
});
