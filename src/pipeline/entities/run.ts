import { catalogue } from "../../../machines/index.ts";
import type { RunContext } from "../../../machines/orchestration/run.ts";
import { bindEntity } from "./bind.ts";

const ends = catalogue.run.terminal;

export const runBinding = bindEntity<RunContext>({
  entity: "run",
  eventPrefix: "run",
  table: "runs",
  key: "run_id",
  rowOfState: true,
  idOf: ({ run_id }) => run_id,
  fixed: () => ({}),
  values: ({ to, at }) => ({ completed_at: ends.includes(to) ? at : null }),
  once: ({ to, enters, at }) => (to === "running" && enters ? { started_at: at } : undefined),
  metadata: ({ context: { workstreams } }) => ({
    total_workstreams: workstreams.total,
    completed_workstreams: workstreams.completed,
    skipped_workstreams: workstreams.skipped,
    failed_workstreams: workstreams.failed,
    cancelled_workstreams: workstreams.cancelled,
    critical_failure: workstreams.critical_failed > 0,
  }),
  reason: ({ to, context }) => (to === "failed" ? context.last_error : null),
  place: ({ run_id }) => ({ run_id, workstream_id: null }),
});
