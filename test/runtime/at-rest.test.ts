import { describe, expect, test, vi } from "vitest";
import { createMachine, sendTo, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import type { Store } from "../../src/store/port.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";

const child = createMachine({ initial: "calm", states: { calm: {} } });
const lamp = setup({ types: {} as { events: { type: "flip" } | { type: "wait" } } }).createMachine({
  initial: "off",
  states: {
    off: { on: { flip: "on", wait: "waiting" } },
    on: { on: { flip: "off" } },
    waiting: { after: { 5000: "on" } },
  },
});
const house = setup({ types: {} as { events: { type: "ring" } }, actors: { child } }).createMachine({
  invoke: { src: "child", id: "c" },
  on: { ring: { actions: sendTo("c", { type: "heard" }) } },
});
const fair = setup({ types: {} as { events: { type: "end" } }, actors: { child } }).createMachine({
  invoke: { src: "child", id: "c" },
  initial: "open",
  states: { open: { on: { end: "over" } }, over: { type: "final" } },
});
const machines = { lamp, house, fair };

/** Counts the rows that a start reads. */
function counting(store: Store): { readonly store: Store; read: number } {
  const counted = {
    read: 0,
    store: {
      ...store,
      loadRunning: (restful: Parameters<Store["loadRunning"]>[0]) => {
        const rows = store.loadRunning(restful);
        counted.read += rows.length;
        return rows;
      },
    },
  };
  return counted;
}

async function stored() {
  const clock = simulatedClock();
  const store = openSqlite({ file: ":memory:", clock });
  const runtime = await openRuntime({ store, machines, clock });
  for (let i = 0; i < 5; i += 1) {
    runtime.createActor("lamp", { id: `l${i}` });
  }
  runtime.createActor("lamp", { id: "slow" }).send({ type: "wait" });
  runtime.createActor("house", { id: "h" });
  await runtime.close();
  return { clock, store };
}

test("nothing that happens looks through what has ended (I10)", async () => {
  const { clock, store } = await stored();
  const asked: (readonly number[])[] = [];
  const narrow: Store = {
    ...store,
    actorById: (id) => {
      throw new Error(`all actors are looked through for ${id}`);
    },
    loadEffects: (actorNos) => {
      asked.push(actorNos);
      return store.loadEffects(actorNos);
    },
  };
  const runtime = await openRuntime({ store: narrow, machines, clock });
  // The house and its child are what runs.
  expect(asked.map((numbers) => numbers.length)).toEqual([2]);
  runtime.createActor("house", { id: "new" });
  await runtime.deliver("l4", { type: "flip" });
  runtime.createActor("lamp", { id: "l5" }).send({ type: "flip" });
  await runtime.settled();
  expect(runtime.list({ state: "on" }).map(({ id }) => id)).toEqual(["l4", "l5"]);
  expect(store.liveActor("new/c")?.machine).toBe("child");
  await runtime.close();
});

describe("a root at rest", () => {
  test("costs a start nothing; one with children is restored with them", async () => {
    const { clock, store } = await stored();
    const counted = counting(store);
    const runtime = await openRuntime({ store: counted.store, machines, clock });
    expect(counted.read).toBe(2);
    const asleep = runtime.list({ rootsOnly: true }).flatMap((actor) => (actor.asleep ? [actor.id] : []));
    expect(asleep).toEqual(["l0", "l1", "l2", "l3", "l4", "slow"]);
    await runtime.close();
  });

  test("may be one that is done, with all that is below it, which is there when somebody asks for it", async () => {
    const { clock, store } = await stored();
    const first = await openRuntime({ store, machines, clock });
    first.createActor("fair", { id: "f" }).send({ type: "end" });
    await first.close();
    const counted = counting(store);
    const runtime = await openRuntime({ store: counted.store, machines, clock });
    expect(counted.read).toBe(2);
    expect(runtime.list({ root: "f" }).map(({ id, status }) => [id, status])).toEqual([
      ["f", "done"],
      ["f/c", "stopped"],
    ]);
    expect(runtime.actor("f/c")?.getSnapshot().status).toBe("stopped");
    expect(runtime.createActor("fair", { id: "f" }).getSnapshot()).toMatchObject({ status: "done", value: "over" });
    await runtime.close();
  });

  test("leaves memory when it is done, and whoever holds it or asks for it sees how it ended", async () => {
    const { clock, store } = await stored();
    const runtime = await openRuntime({ store, machines, clock });
    const held = runtime.createActor("fair", { id: "f" });
    const { c } = held.getSnapshot().children;
    await runtime.settled();
    expect(runtime.list({ root: "f" })[0]?.asleep).toBe(false);
    held.send({ type: "end" });
    await runtime.settled();
    expect(runtime.list({ root: "f" })[0]).toMatchObject({ status: "done", asleep: true });
    expect([held.getSnapshot().status, c?.getSnapshot().status]).toEqual(["done", "stopped"]);
    await expect(held.deliver({ type: "end" })).rejects.toThrow("a terminal state");
    expect(runtime.createActor("fair", { id: "f" }).getSnapshot()).toMatchObject({ status: "done", value: "over" });
    await expect(runtime.deliver("f", { type: "end" })).rejects.toThrow("a terminal state");
    expect(runtime.actor("f/c")?.getSnapshot().status).toBe("stopped");
    await runtime.close();
  });

  test("is there when somebody asks for it, and nothing is written for that", async () => {
    const { clock, store } = await stored();
    const runtime = await openRuntime({ store, machines, clock });
    const before = store.counters();
    expect(runtime.createActor("lamp", { id: "l3" }).getSnapshot().value).toBe("off");
    await runtime.settled();
    expect(store.counters()).toEqual(before);
    expect((await runtime.createActor("lamp", { id: "l3" }).deliver({ type: "flip" })).value).toBe("on");
    await runtime.deliver("l4", { type: "flip" });
    expect(runtime.list({ state: "on" }).map(({ id }) => id)).toEqual(["l3", "l4"]);
    await runtime.close();
  });

  test("is woken by its timer (I4)", async () => {
    const { clock, store } = await stored();
    const runtime = await openRuntime({ store, machines, clock });
    clock.advance(5000);
    await runtime.settled();
    expect(runtime.list({ state: "on" }).map(({ id }) => id)).toEqual(["slow"]);
    await runtime.close();
  });

  test("is restored at once when its machine has changed, so that the change is found", async () => {
    const { clock, store } = await stored();
    const changed = createMachine({ initial: "dark", states: { dark: {} } });
    await expect(openRuntime({ store, machines: { lamp: changed, house }, clock })).rejects.toMatchObject({
      code: "MACHINE_CHANGED",
      values: { count: 6 },
    });
    await expect(openRuntime({ store, machines: { house }, clock })).rejects.toMatchObject({
      code: "MACHINE_CHANGED",
      values: { count: 6 },
    });
  });

  test("that is done is asked to fit its machine when somebody wants to have it, and not by a start", async () => {
    const { clock, store } = await stored();
    const first = await openRuntime({ store, machines, clock });
    first.createActor("fair", { id: "f" }).send({ type: "end" });
    await first.close();
    const runtime = await openRuntime({
      store,
      machines: { lamp, house, fair: { logic: house, version: "2" } },
      clock,
    });
    expect(runtime.list({ machine: "fair" }).map(({ id, state }) => [id, state])).toEqual([["f", "over"]]);
    expect(() => runtime.actor("f")).toThrow("f in over (no migrate function from version 1 to 2)");
    await runtime.close();
  });

  test("is shown by the inspector", async () => {
    const { clock, store } = await stored();
    const runtime = await openRuntime({ store, machines, clock });
    const feed = await runtime.openInspector();
    expect(runtime.list().some(({ asleep }) => asleep)).toBe(false);
    await feed.close();
    await runtime.close();
  });

  test("is all that is read when the inspector looks (I10)", async () => {
    const { clock, store } = await stored();
    const runtime = await openRuntime({ store, machines, clock });
    await runtime.createActor("fair", { id: "f" }).deliver({ type: "end" });
    const looks = vi.spyOn(store, "listActors");
    const feed = await runtime.openInspector();
    const read = looks.mock.results.flatMap(({ value }) => value as ReturnType<Store["listActors"]>);
    expect(read.map(({ id }) => id)).toEqual(["l0", "l1", "l2", "l3", "l4", "slow", "h"]);
    await feed.close();
    await runtime.close();
  });
});
