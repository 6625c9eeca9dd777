import { runMachine } from "../../../machines/orchestration/run.ts";
import { taskMachine } from "../../../machines/orchestration/task.ts";
import type { ExecuteTaskInput, ExecuteTaskOutput } from "../../../machines/orchestration/task.types.ts";
import { workstreamMachine } from "../../../machines/orchestration/workstream.ts";
import type { MergeInput } from "../../../machines/orchestration/workstream.types.ts";
import { patchLedgerMachine } from "../../../machines/uet/patch-ledger.ts";
import type {
  ApplyPatchOutput,
  CommitPatchOutput,
  PatchEffectInput,
  ValidatePatchOutput,
} from "../../../machines/uet/patch-ledger.types.ts";
import { testGateMachine } from "../../../machines/uet/test-gate.ts";
import type { RunGateInput, RunGateOutput } from "../../../machines/uet/test-gate.types.ts";
import { type DurableArguments, durable } from "../../runtime/index.ts";
import { executeTask } from "./effects/execute-task.ts";
import { runGate } from "./effects/gate.ts";
import { prepareMerge, publishMerge } from "./effects/merge.ts";
import { applyToWorktree, commitVerified, validatePatch } from "./effects/patch.ts";
import type { RunSite } from "./site.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** Where the effects of a run find what they work with; waits until everything is ready. */
export type SiteOf = <T>(run: string, signal: AbortSignal, work: (site: RunSite) => Promise<T>) => Promise<T>;

/** The machines of a run with their effects: commands, git, gates. */
export function pipelineMachines(siteOf: SiteOf) {
  const effect = <Input extends { readonly run_id: string }, Output>(
    work: (site: RunSite, args: DurableArguments<Input>) => Promise<Output>,
  ) =>
    durable({})<Output, Input>((args: DurableArguments<Input>) =>
      siteOf(args.input.run_id, args.signal, (site) => withoutSecrets(site.secrets, () => work(site, args))),
    );

  // What a killed process executed is executed anew, however long nobody worked on the run: its time begins then.
  const guards = { isTimed: () => false };
  const test_gate = testGateMachine.provide({
    guards,
    actors: {
      runGate: effect<RunGateInput, RunGateOutput>((site, { input, effect: { attempt }, signal }) =>
        runGate(site, input, attempt, signal),
      ),
    },
  });
  const task = taskMachine.provide({
    guards,
    actors: {
      executeTask: effect<ExecuteTaskInput, ExecuteTaskOutput>((site, { input, signal }) =>
        site.workers.execute(input.task_id, () => executeTask(site, input, signal)),
      ),
    },
  });
  const patch_ledger = patchLedgerMachine.provide({
    actors: {
      test_gate,
      validatePatch: effect<PatchEffectInput, ValidatePatchOutput>((site, { input }) => validatePatch(site, input)),
      applyPatch: effect<PatchEffectInput, ApplyPatchOutput>((site, { input, signal }) =>
        applyToWorktree(site, input, signal),
      ),
      commitPatch: effect<PatchEffectInput, CommitPatchOutput>((site, { input, effect: { attempt }, signal }) =>
        commitVerified(site, input, attempt, signal),
      ),
    },
  });
  const workstream = workstreamMachine.provide({
    actors: {
      task,
      test_gate,
      patch_ledger,
      prepareMerge: effect<MergeInput, void>((site, { input, signal }) => prepareMerge(site, input, signal)),
      publishMerge: effect<MergeInput, void>((site, { input, signal }) => publishMerge(site, input, signal)),
    },
  });
  const run = runMachine.provide({ actors: { workstream } });
  return { run, workstream, task, patch_ledger, test_gate };
}
