import { describe, expect, test } from "vitest";
import { setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
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
});
