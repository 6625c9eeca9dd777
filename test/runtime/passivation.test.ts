import { describe, expect, test } from "vitest";
import { fromPromise, sendTo, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";

const lamp = setup({}).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" }, after: { 60000: "off" } } },
});

const lamp2 = setup({}).createMachine({ initial: "off", states: { off: {} } });

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
  test("wakes with the next event, also through a reference from before", async () => {
    const { runtime, actor } = await asleep();
    actor.send({ type: "flip" });
    expect(actor.getSnapshot().value).toBe("off");
    await runtime.settled();
    expect(runtime.list()).toMatchObject([{ id: "l", asleep: false, state: "off" }]);
    expect(runtime.createActor("lamp", { id: "l" }).getSnapshot().value).toBe("off");
    await runtime.close();
  });

  test("wakes by its timer", async () => {
    const { clock, runtime } = await asleep();
    clock.advance(60_000);
    await runtime.settled();
    expect(runtime.history("l").at(-1)?.to).toBe("off");
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

  test("stays awake while somebody listens", async () => {
    const clock = simulatedClock();
    const runtime = await openRuntime({ clock, machines: { lamp }, passivateAfterMs: 1_000 });
    runtime.createActor("lamp", { id: "l" }).subscribe(() => undefined);
    await runtime.settled();
    clock.advance(10_000);
    expect(runtime.list()).toMatchObject([{ id: "l", asleep: false }]);
    await runtime.close();
  });

  test("stays awake while work outside is on its way, its own or its child's", async () => {
    const clock = simulatedClock();
    let finish = (): void => undefined;
    const child = setup({
      actors: {
        work: fromPromise(
          () =>
            new Promise<void>((resolve) => {
              finish = resolve;
            }),
        ),
      },
    }).createMachine({
      initial: "on",
      states: { on: { invoke: { src: "work", onDone: "off" } }, off: { type: "final" } },
    });
    const worker = setup({ actors: { child } }).createMachine({ invoke: { src: "child" } });
    const runtime = await openRuntime({ clock, machines: { worker }, passivateAfterMs: 1_000 });
    runtime.createActor("worker", { id: "w" });
    await runtime.settled();
    clock.advance(10_000);
    expect(runtime.list({ machine: "worker" })).toMatchObject([{ asleep: false }]);
    finish();
    await new Promise(setImmediate);
    await runtime.settled();
    clock.advance(10_000);
    expect(runtime.list({ machine: "worker" })).toMatchObject([{ asleep: true }]);
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
