import { describe, expect, test } from "vitest";
import { createActor } from "xstate";
import { workerMachine } from "../../machines/orchestration/worker.ts";

/** A worker that is at a task. */
function busyWorker() {
  const worker = createActor(workerMachine, { input: { worker_id: "w1" } });
  worker.start();
  worker.send({ type: "registration_complete", capabilities: [] });
  worker.send({ type: "task_assigned", task_id: "t" });
  return { worker, now: () => [worker.getSnapshot().value, worker.getSnapshot().context.task_id] };
}

describe("a busy worker that is to shut down", () => {
  test("does so when its task has ended", () => {
    const { worker, now } = busyWorker();
    worker.send({ type: "shutdown_requested" });
    expect(now()).toEqual(["busy", "t"]);
    worker.send({ type: "task_completed" });
    expect(now()).toEqual(["shutdown", null]);
  });

  test("does so when its task is withdrawn", () => {
    const { worker, now } = busyWorker();
    worker.send({ type: "shutdown_requested" });
    worker.send({ type: "task_withdrawn" });
    expect(now()).toEqual(["shutdown", null]);
  });

  test("does so at once when its task was withdrawn before", () => {
    const { worker, now } = busyWorker();
    worker.send({ type: "task_withdrawn" });
    expect(now()).toEqual(["busy", null]);
    worker.send({ type: "shutdown_requested" });
    expect(now()).toEqual(["shutdown", null]);
  });
});

test("a worker whose task was withdrawn is busy until what it executes has stopped", () => {
  const { worker, now } = busyWorker();
  worker.send({ type: "task_withdrawn" });
  worker.send({ type: "task_assigned", task_id: "other" });
  expect(now()).toEqual(["busy", null]);
  worker.send({ type: "task_completed" });
  expect(now()).toEqual(["idle", null]);
});
