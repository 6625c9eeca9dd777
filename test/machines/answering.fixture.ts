import { fromPromise } from "xstate";
import { runMachine } from "../../machines/orchestration/run.ts";
import { taskMachine } from "../../machines/orchestration/task.ts";
import type { ExecuteTaskInput, ExecuteTaskOutput } from "../../machines/orchestration/task.types.ts";
import { workstreamMachine } from "../../machines/orchestration/workstream.ts";
import type { MergeInput } from "../../machines/orchestration/workstream.types.ts";
import { patchLedgerMachine } from "../../machines/uet/patch-ledger.ts";
import type {
  ApplyPatchOutput,
  CommitPatchOutput,
  PatchEffectInput,
  ValidatePatchOutput,
} from "../../machines/uet/patch-ledger.types.ts";
import { testGateMachine } from "../../machines/uet/test-gate.ts";
import type { RunGateInput, RunGateOutput } from "../../machines/uet/test-gate.types.ts";

/** What the effects of a family answer; one that is left out succeeds. */
export interface Answers {
  readonly execute?: ((input: ExecuteTaskInput) => ExecuteTaskOutput | Promise<ExecuteTaskOutput>) | undefined;
  readonly gate?: ((input: RunGateInput) => RunGateOutput | Promise<RunGateOutput>) | undefined;
  readonly apply?: ((input: PatchEffectInput) => ApplyPatchOutput) | undefined;
  /** Told of each patch that is committed. */
  readonly commit?: ((input: PatchEffectInput) => void) | undefined;
  /** Told of each workstream that is merged. */
  readonly publish?: ((input: MergeInput) => void) | undefined;
}

/** The machines of a run with effects that answer at once. */
export function answeringMachines({ execute, gate, apply, commit, publish }: Answers) {
  const test_gate = testGateMachine.provide({
    actors: {
      runGate: fromPromise<RunGateOutput, RunGateInput>(async ({ input }) => gate?.(input) ?? { exit_code: 0 }),
    },
  });
  const patch_ledger = patchLedgerMachine.provide({
    actors: {
      test_gate,
      validatePatch: fromPromise<ValidatePatchOutput, PatchEffectInput>(async () => ({
        format_passed: true,
        scope_passed: true,
        constraints_passed: true,
        reason: null,
      })),
      applyPatch: fromPromise<ApplyPatchOutput, PatchEffectInput>(
        async ({ input }) => apply?.(input) ?? { applied: true },
      ),
      commitPatch: fromPromise<CommitPatchOutput, PatchEffectInput>(async ({ input }) => {
        commit?.(input);
        return { commit_sha: `sha-${input.patch_id}` };
      }),
    },
  });
  const task = taskMachine.provide({
    actors: {
      executeTask: fromPromise<ExecuteTaskOutput, ExecuteTaskInput>(
        async ({ input }) => execute?.(input) ?? { exit_code: 0 },
      ),
    },
  });
  const workstream = workstreamMachine.provide({
    actors: {
      task,
      test_gate,
      patch_ledger,
      prepareMerge: fromPromise<void, MergeInput>(async () => undefined),
      publishMerge: fromPromise<void, MergeInput>(async ({ input }) => publish?.(input)),
    },
  });
  return { run: runMachine.provide({ actors: { workstream } }), workstream, task, patch_ledger, test_gate };
}
