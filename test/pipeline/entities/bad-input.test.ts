import { expect, test } from "vitest";
import { catalogue, eventFault } from "../../../machines/index.ts";
import { entityBindings } from "../../../src/pipeline/entities/index.ts";
import { openRuntime } from "../../../src/runtime/index.ts";
import { domainComponent } from "../../../src/store/domain/index.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";

const bindings = entityBindings({ patchContent: () => undefined });
const machines = { worker: { logic: catalogue.worker.machine, entity: bindings.worker } };

async function opened() {
  const store = openSqlite({ file: ":memory:", components: [domainComponent] });
  return { store, runtime: await openRuntime({ store, machines }) };
}

test.each([
  ["a field too many", { type: "registration_complete", capabilities: [], rank: 1 }, "rank is not a field of it"],
  ["a field too few", { type: "registration_complete" }, "capabilities is missing"],
  ["a wrong type", { type: "registration_complete", capabilities: [1] }, "capabilities is no list of texts"],
  ["a megabyte", { type: "registration_complete", capabilities: ["x".repeat(1_000_001)] }, "more than 1000000"],
])("an event with %s is refused before anything is written", async (_, event, words) => {
  const { store, runtime } = await opened();
  runtime.createActor("worker", { id: "w", input: { worker_id: "w" } });
  await runtime.settled();
  const before = store.auditsAfter(0, 100).length;
  await expect(runtime.deliver("w", event)).rejects.toThrow(words);
  expect([store.auditsAfter(0, 100).length, runtime.list()[0]?.state]).toEqual([before, "initializing"]);
  await runtime.deliver("w", { type: "registration_complete", capabilities: ["git"] } as { type: string });
  expect(runtime.list()[0]?.state).toBe("idle");
});

test("an id with control characters, and an input of more than a megabyte, make no actor", async () => {
  const { runtime } = await opened();
  expect(() => runtime.createActor("worker", { id: "w\u0007", input: { worker_id: "w" } })).toThrow("cannot be the id");
  const capabilities = ["x".repeat(1_000_001)];
  expect(() => runtime.createActor("worker", { id: "w", input: { worker_id: "w", capabilities } })).toThrow(
    "its input has",
  );
  await runtime.settled();
  expect(runtime.list()).toEqual([]);
});

test.each([
  ["task", { type: "worker_started", worker_id: 7 }, "worker_id is no text"],
  ["patch_ledger", { type: "git_commit_succeeded" }, "commit_sha is missing"],
  ["patch_ledger", { type: "rollback_requested", compensated: "yes" }, "compensated is no true or false"],
  ["test_gate", { type: "exit_code_unexpected", exit_code: null }, undefined],
  ["run", { type: "orchestrator_started", workstreams: {} }, "workstreams is no list"],
  ["workstream", { type: "task_changed", anything: 1 }, undefined],
] as const)("the payload of an event to a %s is known", (entity, event, fault) => {
  expect(eventFault(entity, event)).toBe(fault);
});
