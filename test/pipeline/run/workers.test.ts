import { expect, test } from "vitest";
import { Workers } from "../../../src/pipeline/run/workers.ts";

/** Workers that note what they were given; `ends` ends the execution of a task. */
function workersOf(count: number) {
  const given: string[] = [];
  const workers = new Workers(count, (task) => {
    given.push(task);
    return true;
  });
  return {
    workers,
    given,
    async begin(task: string): Promise<() => Promise<void>> {
      let end = (): void => undefined;
      const executed = workers.execute(task, () => new Promise<void>((resolve) => (end = resolve)));
      return async () => {
        end();
        await executed;
        await new Promise((resolve) => process.nextTick(resolve));
      };
    },
  };
}

test("a worker whose task was ended from outside gets another one when what it executes has stopped", async () => {
  const { workers, given, begin } = workersOf(1);
  workers.offer("w.a");
  const end = await begin("w.a");
  workers.left("w.a");
  workers.offer("w.b");
  expect(given).toEqual(["w.a"]);
  await end();
  expect(given).toEqual(["w.a", "w.b"]);
});

test.each(["w.a", "w.a~r1"])(
  "%s waits until the execution of w.a before it has stopped, others do not",
  async (again) => {
    const { workers, given, begin } = workersOf(2);
    workers.offer("w.a");
    const end = await begin("w.a");
    workers.left("w.a");
    workers.offer(again);
    workers.offer("w.b");
    expect(given).toEqual(["w.a", "w.b"]);
    await end();
    expect(given).toEqual(["w.a", "w.b", again]);
  },
);

test("a worker whose task was stopped before it began is free at once", () => {
  const { workers, given } = workersOf(1);
  workers.occupy("w1", "w.a");
  workers.offer("w.b");
  expect(given).toEqual([]);
  workers.left("w.a");
  expect(given).toEqual(["w.b"]);
});

test("a worker whose task does not want one any more is given to the next one at once", () => {
  const given: string[] = [];
  const workers = new Workers(1, (task, worker) => {
    given.push(`${task} ${worker}`);
    return task !== "w.a";
  });
  workers.offer("w.a");
  workers.offer("w.b");
  workers.offer("w.c");
  expect(given).toEqual(["w.a w1", "w.b w1"]);
  workers.left("w.a");
  expect(given).toEqual(["w.a w1", "w.b w1"]);
});

test("a worker from before a restart is at its task; others are free, and none gets a task after the stop", () => {
  const given: string[] = [];
  const workers = new Workers(3, (task, worker) => given.push(`${task} ${worker}`) > 0);
  workers.occupy("w1", "w.a");
  // The plan of the process before had more workers.
  workers.occupy("w9", "w.b");
  workers.offer("w.c");
  workers.offer("w.d");
  workers.offer("w.e");
  expect(given).toEqual(["w.c w2", "w.d w3"]);
  workers.stop();
  workers.left("w.a");
  expect(given).toEqual(["w.c w2", "w.d w3"]);
});
