import { describe, expect, test } from "vitest";
import { assign, createMachine, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import type { Store } from "../../src/store/port.ts";
import { heldStore, turn } from "./held-store.fixture.ts";

const toggle = createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});

/** What it is spoilt with, in place, JSON cannot keep. */
const counter = setup({ types: { context: {} as { counts: number[]; bag: unknown[] } } }).createMachine({
  context: () => ({ counts: [], bag: [] }),
  on: {
    count: { actions: assign({ counts: ({ context: { counts } }) => [...counts, counts.length] }) },
    spoil: { actions: ({ context }) => context.bag.push(() => undefined) },
  },
});

/** So many events are a full group, of no more actors than an eighth of it. */
const full = 2_000;

async function toggling(store: Store) {
  const runtime = await openRuntime({ store, machines: { toggle } });
  const actor = runtime.createActor("toggle", { id: "t" });
  await turn();
  const flip = (times: number): void => {
    for (let i = 0; i < times; i += 1) {
      actor.send({ type: "flip" });
    }
  };
  return { runtime, actor, flip };
}

describe("while a commit is being written, a group", () => {
  test("that is full is handed over behind it, one that is not waits for all that is on its way", async () => {
    const { store, held, release } = heldStore();
    const { runtime, flip } = await toggling(store);
    const onItsWay: number[] = [];
    for (const times of [full - 1, 1, full, 5]) {
      flip(times);
      await turn();
      onItsWay.push(held.length);
    }
    expect(onItsWay).toEqual([1, 2, 3, 3]);
    const left: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      release();
      await turn();
      left.push(held.length);
    }
    expect(left).toEqual([2, 1, 1, 0]);
    expect(runtime.history("t")).toHaveLength(2 * full + 6);
    await runtime.close();
  });

  test.each([
    [250, 8, 2],
    [251, 8, 2],
    [400, 7, 1],
  ])("of %i actors with %i events each: %i commits are on their way", async (count, times, onTheirWay) => {
    const { store, held } = heldStore();
    const { runtime, flip } = await toggling(store);
    const actors = Array.from({ length: count }, (_, i) => runtime.createActor("toggle", { id: `${i}` }));
    await turn();
    store.settle();
    flip(1);
    await turn();
    for (let i = 0; i < times; i += 1) {
      for (const actor of actors) {
        actor.send({ type: "flip" });
      }
    }
    await turn();
    expect(held.length).toBe(onTheirWay);
    await runtime.close();
  });

  test("that is full keeps the order of what is told, and knows the deliveries before it", async () => {
    const { store, held, release } = heldStore();
    const { runtime, actor, flip } = await toggling(store);
    release();
    const told: string[] = [];
    const deliver = (name: string, idempotencyKey: string) =>
      void actor.deliver({ type: "flip" }, { idempotencyKey }).then(() => told.push(name));
    deliver("first", "a");
    await turn();
    deliver("second", "b");
    flip(full);
    await turn();
    deliver("first again", "a");
    deliver("second again", "b");
    await turn();
    expect([held.length, told]).toEqual([2, []]);
    release();
    await turn();
    expect(told).toEqual(["first"]);
    for (let i = 0; i < 2; i += 1) {
      release();
      await turn();
    }
    expect(told).toEqual(["first", "second", "first again", "second again"]);
    expect(runtime.history("t")).toHaveLength(full + 3);
    await runtime.close();
  });

  test("that is full is told with all others that nothing is written any more", async () => {
    const { store, held } = heldStore();
    const { runtime, actor, flip } = await toggling(store);
    const outcomes: Promise<PromiseSettledResult<unknown>[]>[] = [];
    for (const times of [1, full, 1]) {
      outcomes.push(Promise.allSettled([actor.deliver({ type: "flip" })]));
      flip(times);
      await turn();
    }
    expect(held.length).toBe(2);
    held.length = 0;
    runtime.halt();
    const reasons = (await Promise.all(outcomes)).flat().map((each) => (each as PromiseRejectedResult).reason);
    expect(reasons).toMatchObject(Array(3).fill({ code: "RUNTIME_CLOSED" }));
  });

  test.each([
    ["is on its way", false],
    ["is written, but nobody was told", true],
  ])(
    "that is full keeps an actor that fails as its journal has it, where the part before it %s",
    async (_, isWritten) => {
      const { store, held } = heldStore(isWritten);
      const runtime = await openRuntime({ store, machines: { counter, toggle } });
      const actor = runtime.createActor("counter", { id: "c" });
      const other = runtime.createActor("toggle", { id: "t" });
      actor.subscribe({ error: () => undefined });
      await turn();
      store.settle();
      actor.send({ type: "count" });
      await turn();
      actor.send({ type: "count" });
      actor.send({ type: "spoil" });
      for (let i = 0; i < full; i += 1) {
        other.send({ type: "flip" });
      }
      await turn();
      expect(held.length).toBe(2);
      await runtime.close();
      const kept = JSON.parse(store.actorById("c")?.snapshot ?? "{}") as unknown;
      expect(kept).toMatchObject({ status: "error", context: { counts: [0, 1], bag: [] } });
    },
  );
});
