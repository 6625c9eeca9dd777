import { describe, expect, test } from "vitest";
import { type AnyActorRef, assign, fromPromise, fromTransition, sendTo, setup, spawnChild } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { lamp, lamp2 } from "./lamps.fixture.ts";

test("a family sleeps whose parent hears of its child's snapshots, and goes on hearing of them", async () => {
  const clock = simulatedClock();
  const watcher = setup({ actors: { lamp } }).createMachine({
    context: { seen: 0 },
    invoke: {
      src: "lamp",
      id: "lamp",
      onSnapshot: { actions: assign({ seen: ({ context }) => context.seen + 1 }) },
    },
    on: { flip: { actions: sendTo("lamp", { type: "flip" }) } },
  });
  const runtime = await openRuntime({ clock, machines: { watcher }, passivateAfterMs: 1_000 });
  const actor = runtime.createActor("watcher", { id: "w" });
  await runtime.settled();
  const { seen } = actor.getSnapshot().context;
  const child = runtime.actor("w/lamp");
  const subscription = child?.subscribe(() => undefined);
  clock.advance(1_500);
  expect(runtime.list().map((row) => row.asleep)).toEqual([false, false]);
  subscription?.unsubscribe();
  clock.advance(1_500);
  expect(runtime.list().map((row) => [row.id, row.asleep])).toContainEqual(["w", true]);
  actor.send({ type: "flip" });
  expect(actor.getSnapshot().context.seen).toBe(seen + 1);
  await runtime.close();
});

async function asleep() {
  const clock = simulatedClock();
  const runtime = await openRuntime({ clock, machines: { lamp }, passivateAfterMs: 1_000 });
  const actor = runtime.createActor("lamp", { id: "l" });
  actor.send({ type: "flip" });
  await runtime.settled();
  clock.advance(1_500);
  expect(runtime.list()).toMatchObject([{ id: "l", asleep: true, state: "on" }]);
  return { clock, runtime, actor };
}

describe("an actor that nobody uses", () => {
  const street = setup({ actors: { lamp } }).createMachine({
    on: { build: { actions: spawnChild("lamp", { id: "lamp" }) } },
  });

  test.each(["put to sleep", "stored before the start"])(
    "keeps its id, with a slash too, when it is %s",
    async (how) => {
      const clock = simulatedClock();
      const store = openSqlite({ file: ":memory:" });
      const machines = { street, lamp: { logic: lamp, passivateAfterMs: 100 } };
      let runtime = await openRuntime({ store, clock, machines });
      runtime.createActor("lamp", { id: "s/lamp" });
      runtime.createActor("lamp", { id: "t/lamp" });
      await runtime.settled();
      clock.advance(1_000);
      if (how !== "put to sleep") {
        await runtime.close();
        runtime = await openRuntime({ store, clock, machines });
      }
      const one = runtime.createActor("street", { id: "s" });
      one.subscribe({ error: () => undefined });
      one.send({ type: "build" });
      expect(one.getSnapshot()).toMatchObject({ status: "error", error: { code: "ACTOR_EXISTS" } });
      const other = runtime.createActor("street", { id: "other" });
      await other.deliver({ type: "build" });
      const built = runtime.history("other").at(-1)?.transitionId ?? 0;
      const exists = expect.objectContaining({
        code: "ACTOR_EXISTS",
        values: expect.objectContaining({ id: "t/lamp" }),
      });
      expect(() => runtime.fork("other", built, "t")).toThrow(exists);
      await runtime.deliver("s/lamp", { type: "flip" });
      await runtime.settled();
      expect(runtime.list({ machine: "lamp", state: "on" }).map(({ id }) => id)).toEqual(["s/lamp"]);
      await runtime.close();
      store.close();
    },
  );

  test("wakes with the next event, also through a reference from before", async () => {
    const { runtime, actor } = await asleep();
    actor.send({ type: "flip" });
    expect(actor.getSnapshot().value).toBe("off");
    await runtime.settled();
    expect(runtime.list()).toMatchObject([{ id: "l", asleep: false, state: "off" }]);
    expect(runtime.createActor("lamp", { id: "l" }).getSnapshot().value).toBe("off");
    await runtime.close();
  });

  test("sleeps with children that do nothing by themselves any more, and not with those that do", async () => {
    const clock = simulatedClock();
    let done = (): void => undefined;
    const actors = {
      total: fromTransition((sum: number) => sum + 1, 0),
      work: fromPromise(() => new Promise<void>((resolve) => (done = resolve))),
    };
    const office = setup({ actors }).createMachine({
      entry: [spawnChild("total", { id: "total" }), spawnChild("work", { id: "work" })],
    });
    const runtime = await openRuntime({ clock, machines: { office }, passivateAfterMs: 1_000 });
    runtime.createActor("office", { id: "o" });
    await runtime.settled();
    const asleep = () => runtime.list({ rootsOnly: true }).map((row) => row.asleep);
    clock.advance(3_000);
    expect(asleep()).toEqual([false]);
    done();
    await new Promise(setImmediate);
    await runtime.settled();
    clock.advance(3_000);
    expect(asleep()).toEqual([true]);
    await runtime.close();
  });

  test("is awake on disk too when somebody has only looked at it", async () => {
    const { runtime } = await asleep();
    expect(runtime.actor("l")?.getSnapshot()).toMatchObject({ value: "on" });
    await runtime.settled();
    expect(runtime.list()).toMatchObject([{ id: "l", asleep: false }]);
    await runtime.close();
  });

  test("wakes by its timer", async () => {
    const { clock, runtime } = await asleep();
    clock.advance(60_000);
    await runtime.settled();
    expect(runtime.history("l").at(-1)?.to).toBe("off");
    await runtime.close();
  });

  test("keeps no process alive by being looked after", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const runtime = await openRuntime({ machines: { lamp }, passivateAfterMs: 60_000 });
    expect(timers()).toBe(before);
    await runtime.close();
  });

  test("sleeps by the limit of its own machine", async () => {
    const clock = simulatedClock();
    const runtime = await openRuntime({
      clock,
      machines: { lamp: { logic: lamp, passivateAfterMs: 100 }, other: lamp2 },
    });
    runtime.createActor("lamp", { id: "l" });
    runtime.createActor("other", { id: "o" });
    await runtime.settled();
    clock.advance(1_000);
    expect(runtime.list().map(({ id, asleep: sleeps }) => [id, sleeps])).toEqual([
      ["l", true],
      ["o", false],
    ]);
    await runtime.close();
  });

  test("is reached by what others, awake or not, knew of it and of its children", async () => {
    const clock = simulatedClock();
    const house = setup({ actors: { lamp } }).createMachine({ invoke: { src: "lamp", id: "lamp" } });
    const hand = setup({ types: {} as { context: { on: AnyActorRef } } }).createMachine({
      context: ({ self }) => ({ on: self }),
      on: {
        take: { actions: assign({ on: ({ event }) => event["lamp"] as AnyActorRef }) },
        flip: { actions: sendTo(({ context }) => context.on, { type: "flip" }) },
      },
    });
    const runtime = await openRuntime({ clock, machines: { house, lamp, hand }, passivateAfterMs: 1_000 });
    const root = runtime.createActor("lamp", { id: "l" });
    const child = runtime.createActor("house", { id: "h" }).getSnapshot().children["lamp"] as AnyActorRef;
    for (const [id, held] of [
      ["hand1", root],
      ["hand2", child],
    ] as const) {
      const actor = runtime.createActor("hand", { id });
      actor.subscribe(() => undefined);
      actor.send({ type: "take", lamp: held });
    }
    await runtime.settled();
    clock.advance(2_000);
    expect(
      runtime
        .list()
        .filter((one) => one.asleep)
        .map(({ id }) => id),
    ).toEqual(["l", "h"]);
    // They wake, and go on, before the hands touch what they hold.
    await runtime.deliver("l", { type: "flip" });
    await runtime.deliver("h/lamp", { type: "flip" });
    for (const id of ["hand1", "hand2"]) {
      await runtime.deliver(id, { type: "flip" });
    }
    const states = () => runtime.list({ machine: "lamp" }).map(({ id, state }) => [id, state]);
    expect(states()).toEqual([
      ["l", "off"],
      ["h/lamp", "off"],
    ]);
    expect([root.getSnapshot().value, child.getSnapshot().value]).toEqual(["off", "off"]);
    expect(runtime.actor("l")?.getSnapshot()).toMatchObject({ value: "off" });
    await runtime.close();
  });

  test("sleeps with its children, stays asleep over a restart, and wakes with them", async () => {
    const clock = simulatedClock();
    const store = openSqlite({ file: ":memory:", clock });
    const house = setup({ actors: { lamp } }).createMachine({
      invoke: { src: "lamp", id: "lamp", systemId: "light" },
      on: { flip: { actions: sendTo(({ system }) => system.get("light"), { type: "flip" }) } },
    });
    const open = () => openRuntime({ store, clock, machines: { house }, passivateAfterMs: 1_000 });
    const first = await open();
    first.createActor("house", { id: "h" }).send({ type: "flip" });
    await first.settled();
    clock.advance(2_000);
    expect(first.list({ machine: "house" })).toMatchObject([{ asleep: true }]);
    await first.close();

    const second = await open();
    expect(second.list({ machine: "house" })).toMatchObject([{ asleep: true }]);
    await second.deliver("h", { type: "flip" });
    expect(second.actor("h/lamp")?.getSnapshot()).toMatchObject({ value: "off" });
    expect(second.list().map(({ id, state, asleep: sleeps }) => [id, state, sleeps])).toEqual([
      ["h", "", false],
      ["h/lamp", "off", false],
    ]);
    await second.close();
  });
});
