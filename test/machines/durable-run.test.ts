import { expect, test } from "vitest";
import type { AnyActorRef } from "xstate";
import { checkTransition, type EntityType } from "../../machines/index.ts";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { answeringMachines } from "./answering.fixture.ts";

test("a whole run goes on over a restart after every commit, and takes declared transitions only (I5)", async () => {
  const store = openSqlite({ file: ":memory:" });
  const executed: string[] = [];
  const committed: string[] = [];
  const machines = answeringMachines({
    execute: ({ task_id }) => {
      executed.push(task_id);
      return { exit_code: 0, patch: { patch_id: `${task_id}~p1` } };
    },
    commit: ({ patch_id }) => committed.push(patch_id),
  });
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
