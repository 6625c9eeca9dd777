import { expect, test } from "vitest";
import { createActor } from "xstate";
import { workerMachine } from "../../../machines/orchestration/worker.ts";
import { workstreamMachine } from "../../../machines/orchestration/workstream.ts";
import { entityBindings } from "../../../src/pipeline/entities/index.ts";
import type { EntityStep } from "../../../src/runtime/index.ts";

const { worker, workstream } = entityBindings({
  patchContent: () => undefined,
  executingSince: (id) => (id === "r/old" ? "1970-01-01T00:00:00.000Z" : undefined),
});

const step = (snapshot: unknown, entityId: string, rest: Partial<EntityStep>): EntityStep =>
  ({ entityId, event: { type: rest.trigger ?? "x" }, before: undefined, snapshot, ...rest }) as EntityStep;

test("a workstream that began in an earlier process knows since when", () => {
  const made = createActor(workstreamMachine, { input: { run_id: "r", ws_id: "old" } }).getSnapshot();
  const durationOf = (id: string, at: string) =>
    workstream.auditOf(step(made, id, { from: "executing", to: "validating", trigger: "all_tasks_completed", at }))
      .metadata?.["duration_seconds"];
  expect(durationOf("r/old", "1970-01-01T00:01:00.500Z")).toBe(60.5);
  expect(durationOf("r/unknown", "1970-01-01T00:01:00.500Z")).toBeNull();
});

test("a worker's events say how long ago it was last heard of", () => {
  const made = createActor(workerMachine, { input: { worker_id: "w" } }).getSnapshot();
  const ageOf = (trigger: string, at: string) =>
    worker.auditOf(step(made, "w", { from: "idle", to: "busy", trigger, at })).metadata?.["last_heartbeat_age_seconds"];
  expect(ageOf("task_assigned", "1970-01-01T00:00:01.000Z")).toBeNull();
  expect(ageOf("task_completed", "1970-01-01T00:00:02.000Z")).toBe(0);
  expect(ageOf("task_assigned", "1970-01-01T00:00:05.000Z")).toBe(3);
});
