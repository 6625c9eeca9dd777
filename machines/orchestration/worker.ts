import { assign, enqueueActions, setup } from "xstate";
import { declarer, stateMeta } from "../declare.ts";

const section = "1.5";
const move = declarer("worker", section);

/** Seconds of silence after which a busy worker is unresponsive, and after which it is given up. §1.5.6 */
const silence = { unresponsiveSec: 120, shutdownSec: 300 };

export interface WorkerInput {
  readonly worker_id: string;
  readonly capabilities?: readonly string[];
}

export interface WorkerContext {
  readonly worker_id: string;
  readonly capabilities: readonly string[];
  readonly task_id: string | null;
  readonly shutdown_asked: boolean;
  readonly suspend_asked: boolean;
}

export type WorkerEvent =
  | { readonly type: "registration_complete"; readonly capabilities: readonly string[] }
  | { readonly type: "task_assigned"; readonly task_id: string; readonly needs?: readonly string[] }
  | { readonly type: "task_completed" }
  /** Its task ended without it, by a person or a time-out: it is busy until what it executes has stopped. */
  | { readonly type: "task_withdrawn" }
  | { readonly type: "health_check_timeout"; readonly silent_sec: number }
  | { readonly type: "health_check_recovered" }
  | { readonly type: "max_timeout_exceeded"; readonly silent_sec: number }
  | { readonly type: "shutdown_requested" }
  | { readonly type: "suspend_requested" }
  | { readonly type: "resume_requested" };

const base = setup({
  types: {} as { context: WorkerContext; events: WorkerEvent; input: WorkerInput },
  guards: {
    registered: ({ event }) => event.type === "registration_complete" && event.capabilities.length >= 0,
    able: ({ context, event }) =>
      event.type === "task_assigned" && (event.needs ?? []).every((need) => context.capabilities.includes(need)),
    silent: ({ event }) => event.type === "health_check_timeout" && event.silent_sec > silence.unresponsiveSec,
    silentForGood: ({ event }) => event.type === "max_timeout_exceeded" && event.silent_sec > silence.shutdownSec,
    shutdownAsked: ({ context }) => context.shutdown_asked,
    suspendAsked: ({ context }) => context.suspend_asked,
    isFree: ({ context }) => context.task_id === null,
  },
  actions: {
    announce: (_, _move: { readonly from: string; readonly to: string }) => undefined,
    register: assign({
      capabilities: ({ context, event }) =>
        event.type === "registration_complete" ? event.capabilities : context.capabilities,
    }),
    takeTask: assign({ task_id: ({ event }) => (event.type === "task_assigned" ? event.task_id : null) }),
    dropTask: assign({ task_id: null }),
    shutDownIfAsked: enqueueActions(({ context, enqueue }) => {
      if (context.shutdown_asked) {
        enqueue.raise({ type: "shutdown_requested" });
      }
    }),
    askShutdown: assign({ shutdown_asked: true }),
    askSuspend: assign({ suspend_asked: true }),
    resume: assign({ suspend_asked: false }),
  },
});

/** One member of the worker pool. §1.5 */
export const workerMachine = base.createMachine({
  id: "worker",
  version: "1.1.0",
  context: ({ input }) => ({
    worker_id: input.worker_id,
    capabilities: input.capabilities ?? [],
    task_id: null,
    shutdown_asked: false,
    suspend_asked: false,
  }),
  initial: "initializing",
  states: {
    initializing: {
      ...stateMeta(section, "starting, registers its capabilities"),
      on: {
        registration_complete: move("initializing", "idle", "registration_complete", "It is ready.", {
          guard: "registered",
          asks: "capabilities registered",
          actions: ["register"],
        }),
      },
    },
    idle: {
      ...stateMeta(section, "ready, no task"),
      on: {
        task_assigned: move("idle", "busy", "task_assigned", "It takes a task.", {
          guard: "able",
          asks: "it has every capability the task needs",
          actions: ["takeTask"],
        }),
        shutdown_requested: move("idle", "shutdown", "shutdown_requested", "It is not needed any more."),
        suspend_requested: move("idle", "suspended", "suspend_requested", "It takes no tasks for now.", {
          since: "1.1.0",
        }),
      },
    },
    busy: {
      ...stateMeta(section, "executes a task"),
      on: {
        task_completed: [
          move("busy", "shutdown", "task_completed", "Its last task ended.", {
            guard: "shutdownAsked",
            asks: "a shutdown was asked for meanwhile",
            actions: ["dropTask"],
          }),
          move("busy", "suspended", "task_completed", "Its task ended, and it takes no other for now.", {
            guard: "suspendAsked",
            asks: "a suspension was asked for meanwhile",
            actions: ["dropTask"],
            since: "1.1.0",
          }),
          move("busy", "idle", "task_completed", "Its task ended, well or not.", {
            asks: "no shutdown was asked for meanwhile (success or failure of the task)",
            actions: ["dropTask"],
          }),
        ],
        task_withdrawn: { actions: ["dropTask", "shutDownIfAsked"] },
        health_check_timeout: move("busy", "unresponsive", "health_check_timeout", "It missed its heartbeats.", {
          guard: "silent",
          asks: "more than 120 s since the last heartbeat (two beats missed)",
          severity: "error",
        }),
        shutdown_requested: [
          move("busy", "shutdown", "shutdown_requested", "It ends when its task has ended.", {
            guard: "isFree",
            asks: "graceful: flagged while busy, taken when its task ends",
          }),
          { actions: "askShutdown" },
        ],
        suspend_requested: { actions: "askSuspend" },
      },
    },
    unresponsive: {
      ...stateMeta(section, "missed its heartbeats while busy"),
      on: {
        health_check_recovered: move("unresponsive", "idle", "health_check_recovered", "It answered.", {
          asks: "it answered; its task is marked for validation",
          actions: ["dropTask"],
          severity: "warning",
        }),
        max_timeout_exceeded: move("unresponsive", "shutdown", "max_timeout_exceeded", "It is given up.", {
          guard: "silentForGood",
          asks: "more than 300 s since the last heartbeat",
          actions: ["dropTask"],
          severity: "error",
        }),
      },
    },
    suspended: {
      ...stateMeta(section, "alive, takes no tasks", "1.1.0"),
      on: {
        resume_requested: move("suspended", "idle", "resume_requested", "It takes tasks again.", {
          actions: ["resume"],
          since: "1.1.0",
        }),
        shutdown_requested: move("suspended", "shutdown", "shutdown_requested", "It is not needed any more.", {
          since: "1.1.0",
        }),
      },
    },
    shutdown: { ...stateMeta(section, "stopped"), type: "final" },
  },
});
