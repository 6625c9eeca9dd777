import type { EntityBinding } from "../../runtime/index.ts";
import { bindEntity } from "./bind.ts";
import { Moments } from "./moments.ts";

const crashes = ["worker_crashed", "heartbeat_timeout", "spawn_failed"];
const signsOfLife = ["xstate.init", "initialization_complete", "task_completed", "current_task_finished"];

export function uetWorkerBinding(): EntityBinding {
  const alive = new Moments();
  return bindEntity<unknown>({
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
    metadata: ({ entityId, to, trigger, at }) => {
      if (signsOfLife.includes(trigger)) {
        alive.note(entityId, at);
      }
      return {
        heartbeat_status: trigger === "heartbeat_timeout" ? "silent" : "alive",
        current_load: to === "BUSY" || to === "DRAINING" ? 1 : 0,
        last_heartbeat_age_seconds: alive.secondsTo(entityId, at),
        crash_detected: crashes.includes(trigger),
      };
    },
    place: () => ({ run_id: null, workstream_id: null }),
  });
}
