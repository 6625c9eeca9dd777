import { describe, expect, test } from "vitest";
import {
  type AnyActorRef,
  type AnyStateMachine,
  createActor,
  createMachine,
  fromTransition,
  raise,
  sendParent,
  sendTo,
  stopChild,
} from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { type SimulatedClock, simulatedClock } from "../../src/testing/simulated-clock.ts";

describe("two delayed events of one id", () => {
  const child = createMachine({
    on: { again: { actions: sendParent({ type: "late" }, { id: "late", delay: 100 }) } },
  });

  /** Sends both, lets the first fire, stops the child that sent them. @returns when they came */
  async function arrivals(make: (machine: AnyStateMachine, clock: SimulatedClock) => Promise<AnyActorRef>) {
    const clock = simulatedClock();
    const seen: number[] = [];
    const machine = createMachine(
      {
        invoke: { src: "child", id: "child" },
        on: {
          again: { actions: sendTo("child", { type: "again" }) },
          stop: { actions: stopChild("child") },
          late: { actions: () => seen.push(clock.now()) },
        },
      },
      { actors: { child } },
    );
    const actor = await make(machine, clock);
    actor.start();
    for (const [type, waitMs] of [
      ["again", 50],
      ["again", 60],
      ["stop", 200],
    ] as const) {
      actor.send({ type });
      await new Promise(setImmediate);
      clock.advance(waitMs);
      await new Promise(setImmediate);
    }
    return seen;
  }

  test("fire as in XState, when their source has ended too", async () => {
    const expected = await arrivals(async (machine, clock) => createActor(machine, { clock: clock as never }));
    const found = await arrivals(async (machine, clock) => {
      const runtime = await openRuntime({ clock, machines: { machine } });
      return runtime.createActor(machine, { id: "m" }) as unknown as AnyActorRef;
    });
    expect(found).toEqual(expected);
    expect(expected).toEqual([100, 150]);
  });

  test.each([undefined, 60, 120])("fire once each, over a restart after %s ms", async (restartAfterMs) => {
    const clock = simulatedClock();
    const store = openSqlite({ file: ":memory:", clock });
    const seen: number[] = [];
    const machine = createMachine({
      on: {
        again: { actions: raise({ type: "late" }, { id: "late", delay: 100 }) },
        late: { actions: () => seen.push(clock.now()) },
      },
    });
    let runtime = await openRuntime({ store, clock, machines: { machine } });
    const again = () => runtime.createActor("machine", { id: "m" }).send({ type: "again" });
    again();
    await runtime.settled();
    clock.advance(50);
    again();
    await runtime.settled();
    for (const untilMs of [60, 120, 300]) {
      clock.advance(untilMs - clock.now());
      await runtime.settled();
      if (untilMs === restartAfterMs) {
        runtime.halt();
        runtime = await openRuntime({ store, clock, machines: { machine } });
      }
    }
    expect([seen, store.loadTimers()]).toEqual([[100, 150], []]);
    await runtime.close();
  });
});

test("a delayed event for an actor that has ended by then is nobody's, and later ones come all the same", async () => {
  const clock = simulatedClock();
  const store = openSqlite({ file: ":memory:", clock });
  const child = createMachine({});
  const seen: string[] = [];
  const machine = createMachine(
    {
      invoke: { src: "child", id: "child" },
      on: {
        send: { actions: sendTo("child", { type: "hello" }, { delay: 100 }) },
        later: { actions: raise({ type: "told" }, { delay: 200 }) },
        stop: { actions: stopChild("child") },
        told: { actions: () => seen.push("told") },
      },
    },
    { actors: { child } },
  );
  const runtime = await openRuntime({ store, clock, machines: { machine } });
  const actor = runtime.createActor("machine", { id: "m" });
  for (const type of ["send", "later", "stop"]) {
    actor.send({ type });
  }
  await runtime.settled();
  expect(store.loadTimers().length).toBe(2);
  clock.advance(300);
  await runtime.settled();
  expect([seen, actor.getSnapshot().status, store.loadTimers()]).toEqual([["told"], "active", []]);
  await runtime.close();
});

test("a delayed event for an actor that no restart brings back is an error of its sender, not lost", async () => {
  const listener = createActor(fromTransition(() => "heard", "silent")).start();
  const machine = createMachine({
    on: {
      now: { actions: sendTo(listener, { type: "hello" }) },
      later: { actions: sendTo(listener, { type: "hello" }, { delay: 100 }) },
    },
  });
  const runtime = await openRuntime({ machines: { machine } });
  const actor = runtime.createActor("machine", { id: "m" });
  actor.subscribe({ error: () => undefined });
  actor.send({ type: "now" });
  expect(listener.getSnapshot().context).toBe("heard");
  actor.send({ type: "later" });
  expect(actor.getSnapshot()).toMatchObject({
    status: "error",
    error: {
      message:
        "m: target of the delayed event hello is a reference to an actor of no store, or of another one, which JSON cannot keep",
    },
  });
  await runtime.close();
});

test("delays below 0 are none: what is sent with them comes in the order of sending, as in XState", async () => {
  const sent = [0, -50, Number.NEGATIVE_INFINITY, Number.NaN, 0, -1];
  const machineTo = (seen: number[]) =>
    createMachine({
      entry: sent.map((delay, place) => raise({ type: `late.${place}` }, { delay })),
      on: { "late.*": { actions: ({ event }) => seen.push(Number(event.type.slice("late.".length))) } },
    });
  const [expected, seen]: [number[], number[]] = [[], []];
  const plain = simulatedClock(5_000);
  createActor(machineTo(expected), { clock: plain as never }).start();
  plain.advance(10);
  const clock = simulatedClock(5_000);
  const runtime = await openRuntime({ clock, machines: { machine: machineTo(seen) } });
  runtime.createActor("machine", { id: "m" });
  await runtime.settled();
  clock.advance(10);
  expect(seen).toEqual(expected);
  expect(expected).toEqual([0, 1, 2, 3, 4, 5]);
  await runtime.close();
});
