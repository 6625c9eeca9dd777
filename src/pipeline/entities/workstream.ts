import { catalogue } from "../../../machines/index.ts";
import type { WorkstreamContext } from "../../../machines/orchestration/workstream.types.ts";
import type { EntityBinding } from "../../runtime/index.ts";
import { type BoundStep, bindEntity } from "./bind.ts";
import { Moments } from "./moments.ts";
import { bit, rowId, rowIds } from "./row-id.ts";

/** In which it may have begun to execute already. */
const begunStates: ReadonlySet<string> = new Set(["executing", "validating", "paused"]);
const ends = catalogue.workstream.terminal;

/** @param executingSince when a workstream began to execute in an earlier process, as ISO 8601 */
export function workstreamBinding(executingSince?: (id: string) => string | undefined): EntityBinding {
  const begun = new Moments(executingSince);
  const durationOf = ({ entityId, from, to, at }: BoundStep<WorkstreamContext>): number | null => {
    if (from === "ready" && to === "executing") {
      begun.note(entityId, at);
    }
    const seconds = begunStates.has(from ?? "") || to === "executing" ? begun.secondsTo(entityId, at) : null;
    if (ends.includes(to)) {
      begun.forget(entityId);
    }
    return seconds;
  };
  return bindEntity<WorkstreamContext>({
    entity: "workstream",
    eventPrefix: "workstream",
    table: "workstreams",
    key: "ws_id",
    rowOfState: true,
    idOf: ({ run_id, ws_id }) => rowId(run_id, ws_id),
    fixed: ({ context }) => ({
      run_id: context.run_id,
      is_critical: bit(context.is_critical),
      allow_failure: bit(context.allow_failure),
      depends_on: rowIds(context.run_id, context.waiting_for),
    }),
    values: ({ to, at }) => ({ completed_at: ends.includes(to) ? at : null }),
    metadata: (step) => ({
      total_tasks: step.context.tasks.total,
      completed_tasks: step.context.tasks.completed,
      failed_tasks: step.context.tasks.failed,
      duration_seconds: durationOf(step),
      critical_failure: step.context.tasks.critical_failed > 0,
    }),
    reason: ({ to, context }) => (to === "failed" ? context.last_error : null),
    place: ({ run_id, ws_id }) => ({ run_id, workstream_id: rowId(run_id, ws_id) }),
  });
}
