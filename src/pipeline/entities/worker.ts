import type { WorkerContext } from "../../../machines/orchestration/worker.ts";
import type { EntityBinding } from "../../runtime/index.ts";
import { type BoundStep, bindEntity } from "./bind.ts";
import { Moments } from "./moments.ts";

/** Events that come from the worker itself, and so are heartbeats. §1.5.6 */
const signsOfLife = ["xstate.init", "registration_complete", "task_completed", "health_check_recovered"];

function silentSec({ event }: BoundStep<WorkerContext>): number | null {
  const { silent_sec } = event as { readonly silent_sec?: unknown };
  return typeof silent_sec === "number" ? silent_sec : null;
}

export function workerBinding(): EntityBinding {
  const alive = new Moments();
  const ageOf = (step: BoundStep<WorkerContext>): number | null => {
    const { entityId, trigger, at } = step;
    if (signsOfLife.includes(trigger)) {
      alive.note(entityId, at);
    }
    return silentSec(step) ?? alive.secondsTo(entityId, at);
  };
  return bindEntity<WorkerContext>({
    entity: "worker",
    eventPrefix: "worker",
    table: "workers",
    key: "worker_id",
    idOf: ({ worker_id }) => worker_id,
    fixed: () => ({}),
    values: ({ context, to, trigger, at }) => ({
      capabilities: JSON.stringify(context.capabilities),
      current_load: context.task_id === null ? 0 : 1,
      shutdown_at: to === "shutdown" ? at : null,
      ...(signsOfLife.includes(trigger) && { last_heartbeat: at }),
    }),
    metadata: (step) => ({
      heartbeat_status: step.to === "unresponsive" || silentSec(step) !== null ? "silent" : "alive",
      current_load: step.context.task_id === null ? 0 : 1,
      last_heartbeat_age_seconds: ageOf(step),
      crash_detected: step.trigger === "max_timeout_exceeded",
    }),
    place: () => ({ run_id: null, workstream_id: null }),
  });
}
