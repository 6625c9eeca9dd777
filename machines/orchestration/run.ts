import { assign, enqueueActions, setup } from "xstate";
import { declarer, type Move, stateMeta } from "../declare.ts";
import { operatorNamed, type PauseRequested, type ResumeRequested, type UserCancelled } from "../events.ts";
import { tellChild, tellChildren } from "../family.ts";
import { workstreamMachine } from "./workstream.ts";
import type { WorkstreamChanged, WorkstreamDefinition } from "./workstream.types.ts";

const section = "1.2";
const move = declarer("run", section);

export interface RunInput {
  readonly run_id: string;
  /** Hash of the plan that it is begun with, where the host keeps that: for the record only. */
  readonly plan_sha256?: string;
}

export interface RunContext {
  readonly run_id: string;
  /** Numbers, not lists (I10). */
  readonly workstreams: {
    readonly total: number;
    readonly completed: number;
    readonly skipped: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly critical_failed: number;
    /** Failed or cancelled ones with allow_failure. */
    readonly forgiven: number;
  };
  readonly last_error: string | null;
}

export type RunEvent =
  | { readonly type: "orchestrator_started"; readonly workstreams: readonly WorkstreamDefinition[] }
  | { readonly type: "all_workstreams_completed" }
  | { readonly type: "critical_workstream_failed" }
  | { readonly type: "workstreams_ended_incomplete" }
  | UserCancelled
  | PauseRequested
  | ResumeRequested
  | WorkstreamChanged;

type Tally = RunContext["workstreams"];

function tallied(tally: Tally, event: WorkstreamChanged): Tally {
  const is = (state: string): number => Number(event.to === state);
  const hasFallen = event.to === "failed" || event.to === "cancelled";
  return {
    total: tally.total,
    completed: tally.completed + is("completed"),
    skipped: tally.skipped + is("skipped"),
    failed: tally.failed + is("failed"),
    cancelled: tally.cancelled + is("cancelled"),
    critical_failed: tally.critical_failed + Number(event.to === "failed" && event.is_critical),
    forgiven: tally.forgiven + Number(hasFallen && event.allow_failure),
  };
}

const good = (tally: Tally): number => tally.completed + tally.skipped + tally.forgiven;
const ended = (tally: Tally): number => tally.completed + tally.skipped + tally.failed + tally.cancelled;

const base = setup({
  types: {} as { context: RunContext; events: RunEvent; input: RunInput },
  actors: { workstream: workstreamMachine },
  guards: {
    allCompleted: ({ context }) => good(context.workstreams) === context.workstreams.total,
    criticalFailed: ({ context }) => context.workstreams.critical_failed > 0,
    endedIncomplete: ({ context: { workstreams } }) =>
      ended(workstreams) === workstreams.total && good(workstreams) < workstreams.total,
    operatorNamed: ({ event }) => operatorNamed(event),
  },
  actions: {
    announce: enqueueActions(({ enqueue, self }, { from, to }: Move) => {
      if (to === "canceled" || to === "failed") {
        tellChildren(self, enqueue as never, ["workstream"], {
          type: "user_cancelled",
          by_parent: true,
          reason: `the run is ${to}`,
        } as never);
      } else if (to === "paused") {
        tellChildren(self, enqueue as never, ["workstream"], { type: "pause_requested", by_parent: true } as never);
      } else if (from === "paused") {
        tellChildren(self, enqueue as never, ["workstream"], { type: "resume_requested", by_parent: true } as never);
      }
    }),
    createWorkstreams: enqueueActions(({ context, enqueue, event }) => {
      if (event.type !== "orchestrator_started") {
        return;
      }
      const { workstreams } = event;
      enqueue.assign({ workstreams: { ...context.workstreams, total: workstreams.length } });
      for (const { tasks, gates, disabled, ...definition } of workstreams) {
        const { ws_id } = definition;
        const dependants = workstreams
          .filter(({ depends_on }) => depends_on?.includes(ws_id))
          .map((dependant) => dependant.ws_id);
        enqueue.spawnChild("workstream", {
          id: ws_id,
          input: { ...definition, run_id: context.run_id, dependants },
        });
        enqueue.sendTo(ws_id, {
          type: "run_started",
          tasks,
          ...(gates !== undefined && { gates }),
          ...(disabled !== undefined && { disabled }),
        } as never);
      }
      if (workstreams.length === 0) {
        enqueue.raise({ type: "all_workstreams_completed" });
      }
    }),
    noteWorkstream: enqueueActions(({ context, enqueue, event, self }) => {
      if (event.type !== "workstream_changed") {
        return;
      }
      const workstreams = tallied(context.workstreams, event);
      enqueue.assign({ workstreams, last_error: event.reason ?? context.last_error });
      for (const id of event.dependants) {
        tellChild(self, enqueue as never, id, { type: "dependency_ended", id: event.ws_id, state: event.to } as never);
      }
      if (workstreams.critical_failed > 0) {
        enqueue.raise({ type: "critical_workstream_failed" });
      }
      if (ended(workstreams) === workstreams.total) {
        const isGood = good(workstreams) === workstreams.total;
        enqueue.raise({ type: isGood ? "all_workstreams_completed" : "workstreams_ended_incomplete" });
      }
    }),
    settle: enqueueActions(({ context: { workstreams }, enqueue }) => {
      if (workstreams.critical_failed > 0) {
        enqueue.raise({ type: "critical_workstream_failed" });
      } else if (ended(workstreams) === workstreams.total) {
        const isGood = good(workstreams) === workstreams.total;
        enqueue.raise({ type: isGood ? "all_workstreams_completed" : "workstreams_ended_incomplete" });
      }
    }),
    noteReason: assign({
      last_error: ({ context, event }) =>
        "reason" in event && typeof event.reason === "string" ? event.reason : context.last_error,
    }),
  },
});

const cancellable = (from: string, since: "1.0.0" | "1.1.0" = "1.0.0") => ({
  user_cancelled: move(from, "canceled", "user_cancelled", "A person stops it.", {
    guard: "operatorNamed",
    asks: "operator named",
    actions: ["noteReason"],
    severity: "warning",
    since,
  }),
});

/** One execution of a whole plan. §1.2 */
export const runMachine = base.createMachine({
  id: "run",
  version: "1.1.0",
  context: ({ input }) => ({
    run_id: input.run_id,
    workstreams: { total: 0, completed: 0, skipped: 0, failed: 0, cancelled: 0, critical_failed: 0, forgiven: 0 },
    last_error: null,
  }),
  initial: "pending",
  on: { workstream_changed: { actions: "noteWorkstream" } },
  states: {
    pending: {
      ...stateMeta(section, "created, scheduling not begun"),
      on: {
        orchestrator_started: move("pending", "running", "orchestrator_started", "Its workstreams begin.", {
          actions: ["createWorkstreams"],
        }),
        ...cancellable("pending"),
      },
    },
    running: {
      ...stateMeta(section, "workstreams are being scheduled"),
      on: {
        all_workstreams_completed: move("running", "succeeded", "all_workstreams_completed", "All is done.", {
          guard: "allCompleted",
          asks: "every workstream is completed or skipped",
        }),
        critical_workstream_failed: move("running", "failed", "critical_workstream_failed", "A critical one failed.", {
          guard: "criticalFailed",
          asks: "some workstream with is_critical is failed",
          severity: "critical",
        }),
        workstreams_ended_incomplete: move("running", "failed", "workstreams_ended_incomplete", "Not all ended well.", {
          guard: "endedIncomplete",
          asks: "every workstream is terminal and one that may not fail (allow_failure not set) is failed or cancelled",
          severity: "error",
          since: "1.1.0",
        }),
        pause_requested: move("running", "paused", "pause_requested", "Nothing new starts.", {
          guard: "operatorNamed",
          asks: "operator named",
          severity: "warning",
          since: "1.1.0",
        }),
        ...cancellable("running"),
      },
    },
    paused: {
      ...stateMeta(section, "nothing new starts; what runs is let finish", "1.1.0"),
      on: {
        resume_requested: move("paused", "running", "resume_requested", "It goes on.", {
          guard: "operatorNamed",
          asks: "operator named",
          actions: ["settle"],
          severity: "warning",
          since: "1.1.0",
        }),
        ...cancellable("paused", "1.1.0"),
      },
    },
    succeeded: { ...stateMeta(section, "every workstream completed or was skipped"), type: "final" },
    failed: { ...stateMeta(section, "a critical workstream failed"), type: "final" },
    canceled: { ...stateMeta(section, "stopped by a person before it ended"), type: "final" },
  },
});
