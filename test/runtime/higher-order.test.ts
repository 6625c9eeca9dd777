import { describe, expect, test } from "vitest";
import { type AnyActorLogic, createActor, fromCallback, fromPromise, sendTo, setup, waitFor } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";

/** XState's pattern of a higher-order logic: another one with something around its transition function. */
function counting<T extends AnyActorLogic>(logic: T): T {
  return {
    ...logic,
    transition: (snapshot, event, scope) => ({
      ...logic.transition(snapshot, event, scope),
      heard: [...(snapshot.heard ?? []), event.type],
    }),
  };
}

function listening() {
  const told: string[] = [];
  const listener = counting(
    fromCallback(({ receive }) => {
      told.push("starts");
      receive(({ type }) => told.push(type));
      return () => told.push("ends");
    }),
  );
  const machine = setup({ actors: { listener } }).createMachine({
    invoke: { src: "listener", id: "l" },
    entry: sendTo("l", { type: "early" }),
    on: { say: { actions: sendTo("l", { type: "late" }) } },
  });
  return { told, machine };
}

describe("a callback with another transition function", () => {
  test("starts after the commit, hears what was sent before, and ends with its runtime (I2)", async () => {
    const { told, machine } = listening();
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { machine } });
    const actor = runtime.createActor("machine", { id: "m" });
    expect(told).toEqual([]);
    await runtime.settled();
    actor.send({ type: "say" });
    expect(told).toEqual(["starts", "early", "late"]);
    expect(actor.getSnapshot().children["l"]?.getSnapshot()).toMatchObject({ heard: ["early", "late"] });
    await runtime.close();
    expect(told).toEqual(["starts", "early", "late", "ends"]);

    const again = await openRuntime({ store, machines: { machine } });
    expect(again.actor("m/l")?.getSnapshot()).toMatchObject({ status: "active", heard: ["early", "late"] });
    await again.settled();
    expect(told.slice(4)).toEqual(["starts"]);
    again.actor("m")?.stop();
    expect(told.slice(4)).toEqual(["starts", "ends"]);
    await again.close();
    expect(told.length).toBe(6);
  });

  test("is stopped before it begins without a trace, and ends with its actor as in XState", async () => {
    const { told, machine } = listening();
    const runtime = await openRuntime({ machines: { machine } });
    runtime.createActor("machine", { id: "m" }).stop();
    await runtime.settled();
    expect(told).toEqual([]);
    await runtime.close();
    createActor(machine).start().stop();
    expect(told).toEqual(["starts", "early", "ends"]);
  });

  test("keeps its root awake", async () => {
    const { told, machine } = listening();
    const clock = simulatedClock();
    const runtime = await openRuntime({ clock, machines: { machine }, passivateAfterMs: 1_000 });
    runtime.createActor("machine", { id: "m" });
    await runtime.settled();
    clock.advance(5_000);
    expect(runtime.list()).toMatchObject([{ id: "m", asleep: false }, { id: "m/l" }]);
    expect(told).toEqual(["starts", "early"]);
    await runtime.close();
  });
});

test("a promise with another transition function is an effect: it starts after the commit and settles once", async () => {
  const store = openSqlite({ file: ":memory:" });
  const seen: unknown[] = [];
  const work = counting(fromPromise(async () => seen.push(store.actorById("m")?.status)));
  const machine = setup({ actors: { work } }).createMachine({
    initial: "busy",
    states: { busy: { invoke: { src: "work", id: "w", onDone: "idle" } }, idle: {} },
  });
  const first = await openRuntime({ store, machines: { machine } });
  const actor = first.createActor("machine", { id: "m" });
  expect(seen).toEqual([]);
  await waitFor(actor, (snapshot) => snapshot.matches("idle"));
  await first.close();
  const second = await openRuntime({ store, machines: { machine } });
  await second.settled();
  expect(seen).toEqual(["active"]);
  await second.close();
});

test("a machine with another transition function goes on over a restart, as root and as child, and is known when it changes", async () => {
  const heard: string[] = [];
  const around = <T extends AnyActorLogic>(logic: T): T => ({
    ...logic,
    transition: (snapshot, event, scope) => {
      heard.push(event.type);
      return logic.transition(snapshot, event, scope);
    },
  });
  const lampWith = (lit: string) =>
    around(
      setup({}).createMachine({
        initial: "off",
        states: { off: { on: { flip: lit } }, [lit]: { after: { 1000: "off" } } },
      }),
    );
  const lamp = lampWith("on");
  const house = setup({ actors: { lamp } }).createMachine({ invoke: { src: "lamp", id: "l" } });
  const store = openSqlite({ file: ":memory:" });
  const clock = simulatedClock();
  const first = await openRuntime({ store, clock, machines: { lamp, house } });
  await first.createActor(lamp, { id: "alone" }).deliver({ type: "flip" });
  first.createActor("house", { id: "h" });
  await first.deliver("h/l", { type: "flip" });
  await first.close();

  const second = await openRuntime({ store, clock, machines: { lamp, house } });
  const stateOf = (id: string) => second.actor(id)?.getSnapshot().value;
  expect([stateOf("alone"), stateOf("h/l")]).toEqual(["on", "on"]);
  clock.advance(1000);
  expect([stateOf("alone"), stateOf("h/l")]).toEqual(["off", "off"]);
  const fired = "xstate.after.1000.(machine).on";
  expect(heard).toEqual(["flip", "flip", fired, fired]);
  await second.deliver("alone", { type: "flip" });
  await second.close();

  await expect(openRuntime({ store, clock, machines: { lamp: lampWith("lit"), house } })).rejects.toMatchObject({
    code: "MACHINE_CHANGED",
  });
});
