import { expect, test } from "vitest";
import { createMachine, fromPromise, stopChild } from "xstate";
import { openRuntime } from "../../../src/runtime/index.ts";
import { longestRootId } from "../../../src/store/port.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";

const parent = createMachine(
  {
    initial: "a",
    states: {
      a: { invoke: { id: "c/d", src: "child" }, on: { again: { target: "a", reenter: true }, leave: "b" } },
      b: { entry: stopChild("c/d") },
    },
  },
  { actors: { child: fromPromise(() => new Promise<void>(() => undefined)) } },
);

test("what has ended is found by its id, the newest of its name, below roots that go on and that have ended", async () => {
  const store = openSqlite({ file: ":memory:" });
  const runtime = await openRuntime({ store, machines: { parent } });
  for (const id of ["p", "p/q", "p"]) {
    const actor = runtime.createActor("parent", { id });
    actor.send({ type: "again" });
    await runtime.settled();
    actor.stop();
    await runtime.settled();
  }
  const last = runtime.createActor("parent", { id: "p/q" });
  last.send({ type: "leave" });
  await runtime.settled();
  const found = ["p", "p/q", "p/c/d", "p/q/c/d", "p/q/c", "p/", "c/d", "/".repeat(100_000)].map((id) =>
    store.actorById(id),
  );
  expect(found.map((row) => row && [row.id, row.no, row.rootNo, row.live])).toEqual([
    ["p", 7, 7, false],
    ["p/q", 10, 10, true],
    ["p/c/d", 9, 7, false],
    ["p/q/c/d", 11, 10, false],
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  await runtime.close();
  store.close();
});

test("what has ended is found below a root of the longest id too", async () => {
  const store = openSqlite({ file: ":memory:" });
  const runtime = await openRuntime({ store, machines: { parent } });
  const id = "r".repeat(longestRootId);
  const actor = runtime.createActor("parent", { id });
  actor.send({ type: "leave" });
  await runtime.settled();
  actor.stop();
  await runtime.settled();
  expect([id, `${id}/c/d`].map((each) => store.actorById(each)?.live)).toEqual([false, false]);
  await runtime.close();
  store.close();
});
