import { createHash } from "node:crypto";
import { type AnyActorRef, fromPromise } from "xstate";
import { runMachine } from "../../../machines/orchestration/run.ts";
import { taskMachine } from "../../../machines/orchestration/task.ts";
import type { ExecuteTaskInput, ExecuteTaskOutput } from "../../../machines/orchestration/task.types.ts";
import { workstreamMachine } from "../../../machines/orchestration/workstream.ts";
import type { MergeInput, WorkstreamDefinition } from "../../../machines/orchestration/workstream.types.ts";
import { patchLedgerMachine } from "../../../machines/uet/patch-ledger.ts";
import type {
  ApplyPatchOutput,
  CommitPatchOutput,
  PatchEffectInput,
  ValidatePatchOutput,
} from "../../../machines/uet/patch-ledger.types.ts";
import { testGateMachine } from "../../../machines/uet/test-gate.ts";
import type { RunGateInput, RunGateOutput } from "../../../machines/uet/test-gate.types.ts";
import { entityBindings } from "../../../src/pipeline/entities/index.ts";
import { openRuntime } from "../../../src/runtime/index.ts";
import { domainComponent } from "../../../src/store/domain/index.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { sequentialIds } from "../../../src/testing/sequential-ids.ts";
import { simulatedClock } from "../../../src/testing/simulated-clock.ts";

export interface World {
  readonly execute?: (input: ExecuteTaskInput) => ExecuteTaskOutput | Promise<ExecuteTaskOutput>;
  readonly gate?: (input: RunGateInput) => RunGateOutput;
}

export const gate = { name: "unit", gate_type: "UNIT", command: ["npm", "test"] } as const;

export const patchBytes = new Uint8Array([0x64, 0x69, 0x66, 0x66, 0x00, 0xff]);
const patch = {
  format: "git_diff",
  content: patchBytes,
  sha256: createHash("sha256").update(patchBytes).digest("hex"),
};

/** The machines of a run with effects that answer at once, bound to the tables of the domain. */
function boundMachines({ execute, gate: runGate }: World) {
  const testGate = testGateMachine.provide({
    actors: {
      runGate: fromPromise<RunGateOutput, RunGateInput>(async ({ input }) => runGate?.(input) ?? { exit_code: 0 }),
    },
  });
  const ledger = patchLedgerMachine.provide({
    actors: {
      test_gate: testGate,
      validatePatch: fromPromise<ValidatePatchOutput, PatchEffectInput>(async () => ({
        format_passed: true,
        scope_passed: true,
        constraints_passed: true,
        reason: null,
      })),
      applyPatch: fromPromise<ApplyPatchOutput, PatchEffectInput>(async () => ({ applied: true })),
      commitPatch: fromPromise<CommitPatchOutput, PatchEffectInput>(async ({ input }) => ({
        commit_sha: `sha-${input.patch_id}`,
      })),
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
      test_gate: testGate,
      patch_ledger: ledger,
      prepareMerge: fromPromise<void, MergeInput>(async () => undefined),
      publishMerge: fromPromise<void, MergeInput>(async () => undefined),
    },
  });
  const bindings = entityBindings({ patchContent: () => patch });
  return {
    run: { logic: runMachine.provide({ actors: { workstream } }), entity: bindings.run },
    workstream: { logic: workstream, entity: bindings.workstream },
    task: { logic: task, entity: bindings.task },
    patch_ledger: { logic: ledger, entity: bindings.patch_ledger },
    test_gate: { logic: testGate, entity: bindings.test_gate },
  };
}

/** A run `r` on a store in a file, which a second connection can look into. */
export async function openFamily(file: string, world: World, workstreams: readonly WorkstreamDefinition[]) {
  const clock = simulatedClock();
  const store = openSqlite({ file, components: [domainComponent], clock, ids: sequentialIds() });
  const runtime = await openRuntime({ store, machines: boundMachines(world), clock, ids: sequentialIds() });
  const run = runtime.createActor("run", { id: "r", input: { run_id: "r" } });
  let commits = 0;
  store.onCommitted(() => {
    commits += 1;
  });
  /** Until nothing moves any more: a worker for each queued task, and the results of all effects. */
  const drain = async (): Promise<void> => {
    let seen = -1;
    for (let idle = 0; idle < 5; idle = commits === seen ? idle + 1 : 0) {
      seen = commits;
      for (const { id } of runtime.list({ machine: "task", state: "queued" })) {
        (runtime.actor(id) as AnyActorRef).send({ type: "worker_started", worker_id: "w1" });
      }
      await new Promise(setImmediate);
      await runtime.settled();
    }
  };
  run.send({ type: "orchestrator_started", workstreams });
  return {
    store,
    runtime,
    run,
    clock,
    drain,
    close: async () => {
      await runtime.close();
      store.close();
    },
  };
}
