import { createHash } from "node:crypto";
import type { AnyActorRef } from "xstate";
import type { WorkstreamDefinition } from "../../../machines/orchestration/workstream.types.ts";
import { entityBindings } from "../../../src/pipeline/entities/index.ts";
import { openRuntime } from "../../../src/runtime/index.ts";
import { domainComponent } from "../../../src/store/domain/index.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { sequentialIds } from "../../../src/testing/sequential-ids.ts";
import { simulatedClock } from "../../../src/testing/simulated-clock.ts";
import { type Answers, answeringMachines } from "../../machines/answering.fixture.ts";

export const gate = { name: "unit", gate_type: "UNIT", command: ["npm", "test"] } as const;

export const patchBytes = new Uint8Array([0x64, 0x69, 0x66, 0x66, 0x00, 0xff]);
const patch = {
  format: "git_diff",
  content: patchBytes,
  sha256: createHash("sha256").update(patchBytes).digest("hex"),
};

/** The machines of a run with effects that answer at once, bound to the tables of the domain. */
function boundMachines(answers: Answers) {
  const machines = answeringMachines(answers);
  const bindings = entityBindings({ patchContent: () => patch });
  return {
    run: { logic: machines.run, entity: bindings.run },
    workstream: { logic: machines.workstream, entity: bindings.workstream },
    task: { logic: machines.task, entity: bindings.task },
    patch_ledger: { logic: machines.patch_ledger, entity: bindings.patch_ledger },
    test_gate: { logic: machines.test_gate, entity: bindings.test_gate },
  };
}

/** A run `r` on a store in a file, which a second connection can look into. */
export async function openFamily(file: string, answers: Answers, workstreams: readonly WorkstreamDefinition[]) {
  const clock = simulatedClock();
  const store = openSqlite({ file, components: [domainComponent], clock, ids: sequentialIds() });
  const runtime = await openRuntime({ store, machines: boundMachines(answers), clock, ids: sequentialIds() });
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
