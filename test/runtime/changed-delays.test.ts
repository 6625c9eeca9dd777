import { describe, expect, test } from "vitest";
import { createMachine } from "xstate";
import { openRuntime, type StoredSnapshot } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";

describe("a machine whose delays have changed", () => {
  test.each([
    ["a longer delay", "waiting", 2_000, 1_500],
    ["a longer delay, asleep", "waiting", 2_000, 1_500],
    ["a shorter delay", "waiting", 600, 100],
    ["a delay that is over", "waiting", 300, 0],
    ["another name of the state", "asking", 1_000, 500],
  ])("leaves a state in its time, with %s", async (change, name, delayMs, leftMs) => {
    const machineOf = (version: string, state: string, ms: number) =>
      createMachine({ id: "m", version, initial: state, states: { [state]: { after: { [ms]: "late" } }, late: {} } });
    const clock = simulatedClock(5_000);
    const store = openSqlite({ file: ":memory:", clock });
    const passivateAfterMs = change.endsWith("asleep") ? 100 : undefined;
    const machines = { m: { logic: machineOf("1", "waiting", 1_000), passivateAfterMs } };
    const before = await openRuntime({ store, clock, machines });
    before.createActor("m", { id: "m" });
    await before.settled();
    clock.advance(500);
    before.halt();
    const migrate = { "1": (snapshot: StoredSnapshot) => ({ ...snapshot, value: name }) };
    const m = { logic: machineOf(name === "waiting" ? "1" : "2", name, delayMs), migrate };
    const after = await openRuntime({ store, clock, machines: { m } });
    clock.advance(Math.max(leftMs - 1, 0));
    await after.settled();
    expect(after.list()).toMatchObject([{ id: "m", state: leftMs > 0 ? name : "late" }]);
    clock.advance(1);
    await after.settled();
    expect(after.list()).toMatchObject([{ id: "m", state: "late" }]);
    expect(store.loadTimers()).toEqual([]);
    await after.close();
  });

  test("has each of several delays of a state in its time, whichever took which one's place", async () => {
    const seen: [string, number][] = [];
    const clock = simulatedClock();
    const machineOf = (first: number, last: number) =>
      createMachine({
        after: {
          [first]: { actions: () => seen.push(["first", clock.now()]) },
          [last]: { actions: () => seen.push(["last", clock.now()]) },
        },
      });
    const store = openSqlite({ file: ":memory:", clock });
    const before = await openRuntime({ store, clock, machines: { m: machineOf(100, 200) } });
    before.createActor("m", { id: "m" });
    await before.settled();
    clock.advance(50);
    before.halt();
    const after = await openRuntime({ store, clock, machines: { m: machineOf(150, 250) } });
    clock.advance(500);
    await after.settled();
    expect(seen).toEqual([
      ["first", 150],
      ["last", 250],
    ]);
    await after.close();
  });

  test("that leaves a delay out waits no more for it, and for the others as before", async () => {
    const clock = simulatedClock();
    const store = openSqlite({ file: ":memory:", clock });
    const machineOf = (left: object) =>
      createMachine({
        type: "parallel",
        states: {
          left: { initial: "waiting", states: { waiting: left, over: {} } },
          right: { initial: "waiting", states: { waiting: { after: { 300: "over" } }, over: {} } },
        },
      });
    const before = await openRuntime({ store, clock, machines: { m: machineOf({ after: { 100: "over" } }) } });
    before.createActor("m", { id: "m" });
    await before.settled();
    clock.advance(50);
    before.halt();
    const after = await openRuntime({ store, clock, machines: { m: machineOf({}) } });
    clock.advance(249);
    await after.settled();
    expect(after.list()).toMatchObject([{ state: "left.waiting,right.waiting" }]);
    clock.advance(1);
    await after.settled();
    expect(after.list()).toMatchObject([{ state: "left.waiting,right.over" }]);
    await after.close();
  });

  test("whose delay got another name waits the whole of the new one, which of its states it is in or not", async () => {
    const clock = simulatedClock();
    const store = openSqlite({ file: ":memory:", clock });
    const machineOf = (name: string, ms: number) =>
      createMachine(
        {
          type: "parallel",
          states: {
            left: { initial: "waiting", states: { waiting: { after: { [name]: "over" } }, over: {} } },
            right: { initial: "waiting", states: { waiting: { after: { [ms]: "over" } }, over: {} } },
          },
        },
        { delays: { [name]: 200 } },
      );
    const before = await openRuntime({ store, clock, machines: { m: machineOf("short", 500) } });
    before.createActor("m", { id: "m" });
    await before.settled();
    clock.advance(50);
    before.halt();
    const after = await openRuntime({ store, clock, machines: { m: machineOf("pause", 700) } });
    const states: string[] = [];
    for (const untilMs of [249, 250, 699, 700]) {
      clock.advance(untilMs - clock.now());
      await after.settled();
      states.push(after.list()[0]?.state ?? "");
    }
    expect(states).toEqual([
      "left.waiting,right.waiting",
      "left.over,right.waiting",
      "left.over,right.waiting",
      "left.over,right.over",
    ]);
    await after.close();
  });
});
