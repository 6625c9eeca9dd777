/** What the statechart of a workstream is made of: its actors, guards and actions. §1.3 */
import { assign, enqueueActions, setup } from "xstate";
import type { Move } from "../declare.ts";
import { unprovided } from "../effect.ts";
import { operatorAndReason, operatorNamed, operatorOrParent } from "../events.ts";
import { tellChild, tellChildren, tellParent } from "../family.ts";
import { gateInputs, noGates, tallied as talliedGates, verdictOf } from "../gate-set.ts";
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
  forwardGateToDependants,
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

export function initialContext(input: WorkstreamInput): WorkstreamContext {
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

export const mergeInput = ({ run_id, ws_id, merge_attempt }: WorkstreamContext): MergeInput => ({
  run_id,
  ws_id,
  merge_id: mergeId(ws_id, merge_attempt),
});

export const workstreamSetup = setup({
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
      // A person may have ended tasks while it was blocked: were they all, no other would lead on from here.
      if (context.tasks.total === 0 || hasBegun(context)) {
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
      forwardGateToDependants(self, enqueue as never, event);
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
        const reason = `workstream ${context.upstream_ended} did not complete`;
        enqueue.raise({ type: "upstream_not_completed", reason });
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
