import { bindEntity } from "./bind.ts";

const crashes = ["worker_crashed", "heartbeat_timeout", "spawn_failed"];
const signsOfLife = ["xstate.init", "initialization_complete", "task_completed", "current_task_finished"];

export const uetWorkerBinding = bindEntity<unknown>({
  entity: "uet_worker",
  eventPrefix: "worker",
  table: "uet_workers",
  key: "worker_id",
  // Its machine has no context: it is known by the id of its actor.
  idOf: (_context, actorId) => actorId,
  fixed: () => ({}),
  values: ({ to, trigger, at }) => ({
    terminated_at: to === "TERMINATED" ? at : null,
    ...(signsOfLife.includes(trigger) && { last_heartbeat: at }),
  }),
  metadata: ({ to, trigger }) => ({
    heartbeat_status: trigger === "heartbeat_timeout" ? "silent" : "alive",
    current_load: to === "BUSY" || to === "DRAINING" ? 1 : 0,
    last_heartbeat_age_seconds: null,
    crash_detected: crashes.includes(trigger),
  }),
  place: () => ({ run_id: null, workstream_id: null }),
});
