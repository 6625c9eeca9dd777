import { describe, expect, test } from "vitest";
import {
  type AnyActorRef,
  type AnyStateMachine,
  createActor,
  createMachine,
  fromTransition,
  sendParent,
  sendTo,
  stopChild,
} from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
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
