import { describe, expect, test } from "vitest";
import { cancel, createMachine, fromPromise, type InspectionEvent, raise, setup, spawnChild } from "xstate";
import { durable, openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { noTexts } from "./no-texts.fixture.ts";

const lamp = setup({}).createMachine({
  id: "lamp",
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});

describe("what a machine's author wrote", () => {
  test.each(noTexts)("may call a child %o in its system: that is an error of its parent", async (systemId) => {
    const parent = setup({ actors: { lamp } }).createMachine({
      on: { spawn: { actions: spawnChild("lamp", { systemId: systemId as never }) } },
    });
    const runtime = await openRuntime({ machines: { parent, lamp } });
    const actor = runtime.createActor("parent", { id: "p" });
    actor.subscribe({ error: () => undefined });
    await actor.deliver({ type: "spawn" });
    expect(actor.getSnapshot()).toMatchObject({ status: "error", error: { code: "SYSTEM_ID_INVALID" } });
    await runtime.createActor("lamp", { id: "l" }).deliver({ type: "flip" });
    expect(runtime.list().map(({ id, status }) => [id, status])).toEqual([
      ["p", "error"],
      ["l", "active"],
    ]);
    await runtime.close();
  });

  test.each(noTexts.filter((id) => typeof id !== "symbol"))(
    "may call a delayed event %o: it is cancelled by the same, over a restart",
    async (id) => {
      const store = openSqlite({ file: ":memory:" });
      const machine = createMachine({
        initial: "waiting",
        states: {
          waiting: {
            entry: raise({ type: "late" }, { delay: 60_000, id: id as never }),
            on: { never: { actions: cancel(() => id as never) } },
          },
        },
      });
      const first = await openRuntime({ store, machines: { machine } });
      first.createActor("machine", { id: "m" });
      await first.settled();
      expect(store.loadTimers().length).toBe(1);
      first.halt();
      const second = await openRuntime({ store, machines: { machine } });
      await second.deliver("m", { type: "never" });
      expect(store.loadTimers()).toEqual([]);
      await second.close();
    },
  );

  test("may have a number for a version: it is the same one after a restart", async () => {
    const store = openSqlite({ file: ":memory:" });
    const machine = createMachine({ version: 2 as never });
    for (const entry of [machine, { logic: machine, version: 2 as never }]) {
      const runtime = await openRuntime({ store, machines: { machine: entry } });
      runtime.createActor("machine", { id: "m" });
      await runtime.settled();
      expect(runtime.list()).toMatchObject([{ id: "m", version: "2" }]);
      await runtime.close();
    }
  });

  test.each(["high", "", "critical"])(
    "may call anything a severity: %j is kept where the log knows it",
    async (severity) => {
      const machine = createMachine({
        initial: "a",
        states: { a: { on: { go: { target: "b", meta: { severity } } } }, b: {} },
      });
      const runtime = await openRuntime({ machines: { machine } });
      await runtime.createActor("machine", { id: "m" }).deliver({ type: "go" });
      expect(runtime.list()).toMatchObject([{ state: "b" }]);
      await runtime.close();
    },
  );

  test("may call any data the key of an effect: the same data is the same key", async () => {
    const keys: string[] = [];
    const work = durable({ key: (({ order }: { order: number }) => ({ order })) as never })<string, { order: number }>(
      async ({ effect }) => {
        keys.push(effect.key);
        return "done";
      },
    );
    const machine = setup({ actors: { work } }).createMachine({
      initial: "working",
      states: { working: { invoke: { src: "work", input: { order: 7 }, onDone: "done" } }, done: {} },
    });
    const runtime = await openRuntime({ machines: { machine } });
    runtime.createActor("machine", { id: "a" });
    runtime.createActor("machine", { id: "b" });
    await runtime.settled();
    await new Promise(setImmediate);
    await runtime.settled();
    expect(keys).toEqual(['{"order":7}', '{"order":7}']);
    expect(runtime.list({ machine: "machine", state: "done" }).length).toBe(2);
    await runtime.close();
  });

  test("may spawn a second child under the id of one that has children: the first one's are nobody's then", async () => {
    const house = setup({ actors: { lamp } }).createMachine({ invoke: { src: "lamp", id: "lamp" } });
    const town = setup({ actors: { house } }).createMachine({
      on: { spawn: { actions: spawnChild("house", { id: "h" }) } },
    });
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { town } });
    const actor = runtime.createActor("town", { id: "t" });
    actor.send({ type: "spawn" });
    await runtime.deliver("t/h/lamp", { type: "flip" });
    actor.send({ type: "spawn" });
    await runtime.settled();
    runtime.halt();
    const again = await openRuntime({ store, machines: { town } });
    expect(again.list().map(({ id, state }) => [id, state])).toEqual([
      ["t", ""],
      ["t/h", ""],
      ["t/h/lamp", "off"],
    ]);
    await again.close();
  });

  test("may fail to make a child below one that is replaced: it was never stored and is not missed", async () => {
    const house = setup({ actors: { lamp } }).createMachine({
      on: { spawn: { actions: [spawnChild("lamp", { systemId: "l" }), spawnChild("lamp", { systemId: "l" })] } },
    });
    const town = setup({ actors: { house } }).createMachine({
      on: { spawn: { actions: spawnChild("house", { id: "h" }) }, "xstate.error.actor.h": { actions: [] } },
    });
    const runtime = await openRuntime({ machines: { town } });
    const actor = runtime.createActor("town", { id: "t" });
    actor.send({ type: "spawn" });
    runtime.actor("t/h")?.send({ type: "spawn" } as never);
    actor.send({ type: "spawn" });
    await runtime.settled();
    expect(actor.getSnapshot().status).toBe("active");
    expect(runtime.list().map(({ id, status }) => [id, status])).toEqual([
      ["t", "active"],
      ["t/h", "active"],
    ]);
    await runtime.close();
  });

  const never = fromPromise(() => new Promise(() => undefined));
  const heir = setup({ actors: { never } }).createMachine({ invoke: { src: "never", systemId: "one" } });

  test("may fail to make a child below a root that is done: nothing is left of it", async () => {
    const parent = setup({ actors: { lamp, heir } }).createMachine({
      initial: "trying",
      states: {
        trying: {
          invoke: [
            { src: "lamp", systemId: "one" },
            { src: "heir", onError: "over" },
          ],
        },
        over: { type: "final" },
      },
    });
    const runtime = await openRuntime({ machines: { parent } });
    const actor = runtime.createActor("parent", { id: "p" });
    await runtime.settled();
    expect(actor.getSnapshot().status).toBe("done");
    expect(runtime.list({ root: "p" }).map(({ id, status }) => [id, status])).toEqual([["p", "done"]]);
    await runtime.close();
  });

  test("may fail to make a child below a root that goes to sleep then", async () => {
    const clock = simulatedClock();
    const parent = setup({ actors: { lamp, heir } }).createMachine({
      invoke: [
        { src: "lamp", systemId: "one" },
        { src: "heir", id: "heir", onError: { actions: [] } },
      ],
    });
    const runtime = await openRuntime({ clock, machines: { parent }, passivateAfterMs: 1_000 });
    let made = 0;
    const inspect = ({ type }: InspectionEvent) => {
      made += type === "@xstate.actor" ? 1 : 0;
    };
    runtime.createActor("parent", { id: "p", inspect });
    await runtime.settled();
    clock.advance(1_500);
    expect([made, runtime.list({ root: "p" }).find(({ id }) => id === "p")?.asleep]).toEqual([4, true]);
    await runtime.close();
  });

  test("may give children ids with slashes; two paths that are one are an error of the second one's parent", async () => {
    const street = setup({ actors: { lamp } }).createMachine({
      on: { spawn: { actions: spawnChild("lamp", { id: "lamp" }) } },
    });
    const town = setup({ actors: { lamp, street } }).createMachine({
      entry: [spawnChild("lamp", { id: "main/lamp" }), spawnChild("street", { id: "main" })],
      on: { "xstate.error.actor.main": { actions: [] } },
    });
    const runtime = await openRuntime({ machines: { town } });
    runtime.createActor("town", { id: "t" });
    await runtime.settled();
    const main = runtime.actor("t/main");
    main?.send({ type: "spawn" } as never);
    await runtime.settled();
    expect(main?.getSnapshot()).toMatchObject({ status: "error", error: { code: "ACTOR_EXISTS" } });
    await runtime.deliver("t/main/lamp", { type: "flip" });
    expect(runtime.actor("t/main/lamp")?.getSnapshot()).toMatchObject({ value: "on" });
    await runtime.close();
  });
});
