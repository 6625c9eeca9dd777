import type { WorkstreamContext } from "../../../machines/orchestration/workstream.types.ts";
import { bindEntity } from "./bind.ts";
import { bit, rowId, rowIds } from "./row-id.ts";

const ends = ["completed", "failed", "cancelled", "skipped"];

export const workstreamBinding = bindEntity<WorkstreamContext>({
  entity: "workstream",
  eventPrefix: "workstream",
  table: "workstreams",
  key: "ws_id",
  idOf: ({ run_id, ws_id }) => rowId(run_id, ws_id),
  fixed: ({ context }) => ({
    run_id: context.run_id,
    is_critical: bit(context.is_critical),
    allow_failure: bit(context.allow_failure),
    depends_on: rowIds(context.run_id, context.waiting_for),
  }),
  values: ({ to, at }) => ({ completed_at: ends.includes(to) ? at : null }),
  metadata: ({ context: { tasks } }) => ({
    total_tasks: tasks.total,
    completed_tasks: tasks.completed,
    failed_tasks: tasks.failed,
    critical_failure: tasks.critical_failed > 0,
  }),
  reason: ({ to, context }) => (to === "failed" ? context.last_error : null),
  place: ({ run_id, ws_id }) => ({ run_id, workstream_id: rowId(run_id, ws_id) }),
});
