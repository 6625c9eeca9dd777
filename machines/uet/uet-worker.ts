import { setup } from "xstate";
import { declarer, stateMeta } from "../declare.ts";

const section = "2.1";
const move = declarer("uet_worker", section);
const state = (description: string) => stateMeta(section, description);

export type UetWorkerEvent =
  | { readonly type: "initialization_complete" }
  | { readonly type: "spawn_failed" }
  | { readonly type: "task_assigned" }
  | { readonly type: "task_completed" }
  | { readonly type: "current_task_finished" }
  | { readonly type: "shutdown_requested" }
  | { readonly type: "heartbeat_timeout" }
  | { readonly type: "worker_crashed" };

const base = setup({
  types: {} as { events: UetWorkerEvent },
  // It has no parent that waits for it.
  actions: { announce: (_, _move: { readonly from: string; readonly to: string }) => undefined },
});

/** One worker of the execution engine that applies patches and runs gates. §2.1 */
export const uetWorkerMachine = base.createMachine({
  id: "uet_worker",
  version: "1.1.0",
  initial: "SPAWNING",
  states: {
    SPAWNING: {
      ...state("being made"),
      on: {
        initialization_complete: move<never, never>("SPAWNING", "IDLE", "initialization_complete", "It is ready."),
        spawn_failed: move<never, never>("SPAWNING", "TERMINATED", "spawn_failed", "It could not be made.", {
          severity: "error",
        }),
      },
    },
    IDLE: {
      ...state("ready"),
      on: {
        task_assigned: move<never, never>("IDLE", "BUSY", "task_assigned", "It takes a task."),
        shutdown_requested: move<never, never>(
          "IDLE",
          "TERMINATED",
          "shutdown_requested",
          "It is not needed any more.",
        ),
        heartbeat_timeout: move<never, never>("IDLE", "TERMINATED", "heartbeat_timeout", "It fell silent.", {
          severity: "error",
        }),
      },
    },
    BUSY: {
      ...state("executes"),
      on: {
        task_completed: move<never, never>("BUSY", "IDLE", "task_completed", "Its task ended, well or not."),
        shutdown_requested: move<never, never>("BUSY", "DRAINING", "shutdown_requested", "It ends after its task."),
        worker_crashed: move<never, never>("BUSY", "TERMINATED", "worker_crashed", "It crashed.", {
          severity: "error",
        }),
        heartbeat_timeout: move<never, never>("BUSY", "TERMINATED", "heartbeat_timeout", "It fell silent.", {
          severity: "error",
        }),
      },
    },
    DRAINING: {
      ...state("finishes its task, takes no other"),
      on: {
        current_task_finished: move<never, never>(
          "DRAINING",
          "TERMINATED",
          "current_task_finished",
          "Its last task ended.",
        ),
        worker_crashed: move<never, never>("DRAINING", "TERMINATED", "worker_crashed", "It crashed.", {
          severity: "error",
        }),
      },
    },
    TERMINATED: { ...state("gone from the pool"), type: "final" },
  },
});
