import { raise } from "xstate";
import { declarer, stateMeta } from "../declare.ts";
import { failureText } from "../effect.ts";
import { initialContext, mergeInput, workstreamSetup } from "./workstream.setup.ts";

const section = "1.3";
const move = declarer("workstream", section);

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
export const workstreamMachine = workstreamSetup.createMachine({
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
          actions: ["noteReason"],
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
