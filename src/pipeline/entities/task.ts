import { catalogue } from "../../../machines/index.ts";
import type { TaskContext } from "../../../machines/orchestration/task.types.ts";
import { bindEntity } from "./bind.ts";
import { bit, rowId, rowIdOrNull, rowIds } from "./row-id.ts";

const ends = catalogue.task.terminal;
const troubles = ["failed", "retrying", "cancelled"];

export const taskBinding = bindEntity<TaskContext>({
  entity: "task",
  eventPrefix: "task",
  table: "tasks",
  key: "task_id",
  idOf: ({ run_id, task_id }) => rowId(run_id, task_id),
  fixed: ({ context }) => ({
    workstream_id: rowId(context.run_id, context.ws_id),
    is_critical: bit(context.is_critical),
    allow_failure: bit(context.allow_failure),
    depends_on: rowIds(context.run_id, context.waiting_for),
    gate_dependencies: rowIds(context.run_id, context.waiting_for_gates),
    max_retries: context.max_retries,
    timeout_sec: context.timeout_sec,
    retry_of: rowIdOrNull(context.run_id, context.retry_of),
  }),
  values: ({ context, to, at }) => ({
    worker_id: to === "running" ? context.worker_id : null,
    retry_count: context.retry_count,
    completed_at: ends.includes(to) ? at : null,
    cancelled_at: to === "cancelled" ? at : null,
    last_error: context.last_error,
  }),
  once: ({ to, enters, at }) => (to === "running" && enters ? { started_at: at } : undefined),
  metadata: ({ context, before }) => ({
    // Leaving `running` clears it: the one that did the work is the one before.
    worker_id: context.worker_id ?? before?.worker_id ?? null,
    duration_seconds: context.duration_seconds,
    retry_count: context.retry_count,
    exit_code: context.exit_code,
    timeout_occurred: context.timed_out,
  }),
  reason: ({ to, context }) => (troubles.includes(to) ? context.last_error : null),
  place: ({ run_id, ws_id }) => ({ run_id, workstream_id: rowId(run_id, ws_id) }),
});
