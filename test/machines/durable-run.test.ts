import { expect, test } from "vitest";
import { type AnyActorRef, fromPromise } from "xstate";
import { checkTransition, type EntityType } from "../../machines/index.ts";
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
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

test("a whole run goes on over a restart after every commit, and takes declared transitions only (I5)", async () => {
  const store = openSqlite({ file: ":memory:" });
  const executed: string[] = [];
  const committed: string[] = [];
  const testGate = testGateMachine.provide({
    actors: { runGate: fromPromise<RunGateOutput, RunGateInput>(async () => ({ exit_code: 0 })) },
  });
  const patch = patchLedgerMachine.provide({
    actors: {
      test_gate: testGate,
      validatePatch: fromPromise<ValidatePatchOutput, PatchEffectInput>(async () => ({
        format_passed: true,
        scope_passed: true,
        constraints_passed: true,
        reason: null,
      })),
      applyPatch: fromPromise<ApplyPatchOutput, PatchEffectInput>(async () => ({ applied: true })),
      commitPatch: fromPromise<CommitPatchOutput, PatchEffectInput>(async ({ input }) => {
        committed.push(input.patch_id);
        return { commit_sha: input.patch_id };
      }),
    },
  });
  const task = taskMachine.provide({
    actors: {
      executeTask: fromPromise<ExecuteTaskOutput, ExecuteTaskInput>(async ({ input }) => {
        executed.push(input.task_id);
        return { exit_code: 0, patch: { patch_id: `${input.task_id}~p1` } };
      }),
    },
  });
  const workstream = workstreamMachine.provide({
    actors: {
      task,
      test_gate: testGate,
      patch_ledger: patch,
      prepareMerge: fromPromise<void, MergeInput>(async () => undefined),
      publishMerge: fromPromise<void, MergeInput>(async () => undefined),
    },
  });
  const run = runMachine.provide({ actors: { workstream } });
  const machines = { run, workstream, task, patch_ledger: patch, test_gate: testGate };
  const gate = { name: "unit", gate_type: "UNIT", command: "test" } as const;

  let runtime = await openRuntime({ store, machines });
  runtime.createActor("run", { id: "r", input: { run_id: "r" } }).send({
    type: "orchestrator_started",
    workstreams: [
      {
        ws_id: "a",
        tasks: [{ task_id: "a.1" }, { task_id: "a.2", depends_on: ["a.1"] }],
        verify: [gate],
        final: [gate],
      },
      { ws_id: "b", depends_on: ["a"], tasks: [{ task_id: "b.1" }], final: [gate] },
    ],
  });
  let restarts = 0;
  const root = () => runtime.actor("r")?.getSnapshot() as { status: string; value: string };
  while (root().status === "active" && restarts < 200) {
    await runtime.settled();
    for (const { id } of runtime.list({ machine: "task", state: "queued" })) {
      (runtime.actor(id) as AnyActorRef).send({ type: "worker_started", worker_id: "w" });
    }
    // What the effects that are on their way bring, and then the end of the process.
    await new Promise(setImmediate);
    await runtime.settled();
    runtime.halt();
    runtime = await openRuntime({ store, machines });
    restarts += 1;
  }
  expect([root().value, restarts > 5]).toEqual(["succeeded", true]);
  // An effect whose result was not recorded when the process ended is made again: git steps look first.
  expect([...new Set(committed)]).toEqual(["a.1~p1", "a.2~p1", "b.1~p1"]);
  expect([...new Set(executed)]).toEqual(["a.1", "a.2", "b.1"]);

  const audits = store.auditsAfter(0, 1_000);
  expect(audits.length).toBeGreaterThan(30);
  for (const { entity_type, from_state, to_state, trigger } of audits) {
    const [from = "", to = ""] = [from_state, to_state].map((state) => state.split(".")[0]);
    if (from !== to) {
      expect([trigger, checkTransition(entity_type as EntityType, from, to, { trigger }).ok]).toEqual([trigger, true]);
    }
  }
});
