import type { GateContext } from "../../../machines/uet/test-gate.types.ts";
import { type BoundStep, bindEntity } from "./bind.ts";
import { rowId, rowIdOrNull, rowIds } from "./row-id.ts";

const hasEnded = (state: string): boolean => state === "PASSED" || state === "FAILED";

/** What ended the command where it has no exit code of its own. */
function signalOf({ context }: BoundStep<GateContext>): string | null {
  return context.signal ?? (context.exit_code === null ? (context.timed_out ? "timeout" : "unknown") : null);
}

export const testGateBinding = bindEntity<GateContext>({
  entity: "test_gate",
  eventPrefix: "gate",
  table: "test_gates",
  key: "gate_id",
  idOf: ({ run_id, gate_id }) => rowId(run_id, gate_id),
  fixed: ({ context }) => ({
    gate_type: context.gate_type,
    workstream_id: rowId(context.run_id, context.ws_id),
    command: typeof context.command === "string" ? context.command : JSON.stringify(context.command),
    expected_exit_code: context.expected_exit_code,
    timeout_sec: context.timeout_sec,
    depends_on: rowIds(context.run_id, context.waiting_for),
    retry_of: rowIdOrNull(context.run_id, context.retry_of),
    metadata: JSON.stringify({ name: context.name, set_id: context.set_id, stage: context.stage }),
  }),
  values: (step) =>
    hasEnded(step.to)
      ? {
          exit_code: step.context.exit_code,
          signal: signalOf(step),
          stdout: step.context.stdout_tail,
          stderr: step.context.stderr_tail,
          duration_sec: step.context.duration_seconds,
          completed_at: step.at,
        }
      : {},
  once: ({ to, enters, at }) => (to === "RUNNING" && enters ? { started_at: at } : undefined),
  metadata: (step) => ({
    gate_type: step.context.gate_type,
    stage: step.context.stage,
    exit_code: step.context.exit_code,
    signal: hasEnded(step.to) ? signalOf(step) : null,
    timeout_occurred: step.context.timed_out,
    duration_seconds: step.context.duration_seconds,
  }),
  reason: ({ to, context }) => (to === "BLOCKED" ? `not passed: ${context.not_passed.join(", ")}` : null),
  place: ({ run_id, ws_id }) => ({ run_id, workstream_id: rowId(run_id, ws_id) }),
});
