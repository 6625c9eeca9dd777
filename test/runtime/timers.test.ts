import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { TimerHeap } from "../../src/runtime/timer-heap.ts";
import { Timers } from "../../src/runtime/timers.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";

const lamp = setup({}).createMachine({
  initial: "on",
  states: { on: { after: { 1000: "off" }, on: { again: { target: "on", reenter: true } } }, off: {} },
});

async function lit() {
  const clock = simulatedClock(5_000);
  const store = openSqlite({ file: ":memory:", clock });
  const open = () => openRuntime({ store, clock, machines: { lamp } });
  const runtime = await open();
  const actor = runtime.createActor("lamp", { id: "l" });
  await runtime.settled();
  return { clock, store, open, runtime, actor };
}

describe("a timer (I4)", () => {
  test("keeps its remaining delay over a restart", async () => {
    const { clock, open, runtime } = await lit();
    clock.advance(600);
    runtime.halt();
    const second = await open();
    const actor = second.createActor("lamp", { id: "l" });
    clock.advance(399);
    expect(actor.getSnapshot().value).toBe("on");
    clock.advance(1);
    expect(actor.getSnapshot().value).toBe("off");
  });

  test("fires at once when its time passed while nobody was up, and only once", async () => {
    const { clock, open, runtime } = await lit();
    runtime.halt();
    clock.advance(10_000);
    const second = await open();
    const actor = second.createActor("lamp", { id: "l" });
    clock.advance(0);
    expect(actor.getSnapshot().value).toBe("off");
    await second.settled();
    second.halt();
    const third = await open();
    clock.advance(0);
    expect(third.history("l").filter(({ to }) => to === "off").length).toBe(1);
  });

  test("is not delayed by a clock that is set back, and is early for one that is set forward", async () => {
    const back = await lit();
    back.clock.set(0);
    back.clock.advance(1_000);
    expect(back.actor.getSnapshot().value).toBe("off");
    const forward = await lit();
    forward.clock.set(1_000_000);
    forward.actor.send({ type: "unknown" });
    forward.runtime.createActor("lamp", { id: "other" });
    await forward.runtime.settled();
    forward.clock.advance(0);
    expect(forward.actor.getSnapshot().value).toBe("off");
  });

  test("keeps what is left of its delay when the clock is set back while nobody is up", async () => {
    const { clock, open, runtime, actor } = await lit();
    clock.advance(600);
    actor.send({ type: "unknown" });
    runtime.createActor("lamp", { id: "other" });
    await runtime.settled();
    runtime.halt();
    clock.set(0);
    const second = await open();
    clock.advance(399);
    expect(second.actor("l")?.getSnapshot()).toMatchObject({ value: "on" });
    clock.advance(1);
    expect(second.actor("l")?.getSnapshot()).toMatchObject({ value: "off" });
    // What is armed now counts from the same moment.
    second.createActor("lamp", { id: "late" });
    await second.settled();
    second.halt();
    const third = await open();
    clock.advance(999);
    expect(third.actor("late")?.getSnapshot()).toMatchObject({ value: "on" });
    clock.advance(1);
    expect(third.actor("late")?.getSnapshot()).toMatchObject({ value: "off" });
  });

  test("notices within half a minute that the clock was set forward, when nothing else happens", async () => {
    const { clock, runtime } = await lit();
    const slow = setup({}).createMachine({ initial: "on", states: { on: { after: { 3600000: "off" } }, off: {} } });
    const other = await openRuntime({ clock, machines: { slow } });
    const actor = other.createActor("slow", { id: "s" });
    await other.settled();
    clock.set(clock.now() + 7_200_000);
    clock.advance(30_000);
    expect(actor.getSnapshot().value).toBe("off");
    await other.close();
    runtime.halt();
  });

  test.each([
    [Number.NaN, "off"],
    [-5, "off"],
    [0.5, "off"],
    [2 ** 40, "on"],
    [Number.POSITIVE_INFINITY, "on"],
  ])(
    "of %d milliseconds leaves the lamp, a minute and a restart later, %s and the store whole",
    async (delay, state) => {
      const clock = simulatedClock();
      const store = openSqlite({ file: ":memory:", clock });
      const odd = setup({ delays: { odd: () => delay } }).createMachine({
        initial: "on",
        states: { on: { after: { odd: "off" } }, off: {} },
      });
      const open = () => openRuntime({ store, clock, machines: { odd } });
      const first = await open();
      first.createActor("odd", { id: "o" });
      await first.settled();
      first.halt();
      const second = await open();
      clock.advance(60_000);
      await second.settled();
      expect(second.list()).toMatchObject([{ id: "o", state }]);
      await second.close();
    },
  );

  test("that never comes is kept as one of the last moment that there is", async () => {
    const store = openSqlite({ file: ":memory:" });
    const never = setup({ delays: { never: () => Number.POSITIVE_INFINITY } }).createMachine({
      initial: "on",
      states: { on: { after: { never: "off" } }, off: {} },
    });
    const runtime = await openRuntime({ store, machines: { never } });
    runtime.createActor("never", { id: "n" });
    await runtime.settled();
    expect(store.loadTimers()).toMatchObject([{ dueAt: 8.64e15 }]);
    await runtime.close();
  });

  test("is not delayed by one that was armed before the clock was set forward and back", async () => {
    const clock = simulatedClock(5_000);
    const waiting = setup({
      types: {} as { context: { ms: number }; input: { ms: number } },
      delays: { long: ({ context }) => context.ms },
    }).createMachine({
      context: ({ input }) => input,
      initial: "on",
      states: { on: { after: { long: "off" } }, off: {} },
    });
    const runtime = await openRuntime({ clock, machines: { waiting } });
    runtime.createActor("waiting", { id: "longer", input: { ms: 7_200 } });
    await runtime.settled();
    clock.set(clock.now() + 3_600);
    const shorter = runtime.createActor("waiting", { id: "shorter", input: { ms: 5_400 } });
    await runtime.settled();
    clock.set(5_000);
    clock.advance(5_399);
    expect(shorter.getSnapshot().value).toBe("on");
    clock.advance(1);
    expect(shorter.getSnapshot().value).toBe("off");
    await runtime.close();
  });

  test("without delay that arms another one, and so on, keeps nobody waiting", async () => {
    const pulse = setup({}).createMachine({
      initial: "up",
      states: { up: { after: { 0: "down" } }, down: { after: { 0: "up" } }, still: {} },
      on: { stop: ".still" },
    });
    const runtime = await openRuntime({ machines: { pulse } });
    const actor = runtime.createActor("pulse", { id: "p" });
    await runtime.settled();
    while (runtime.history("p").length < 5) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await actor.deliver({ type: "stop" });
    expect(runtime.list()).toMatchObject([{ id: "p", state: "still" }]);
    await runtime.close();
  });

  test("is gone when its state is left, and armed anew when it is entered again", async () => {
    const { clock, store, runtime, actor } = await lit();
    clock.advance(900);
    actor.send({ type: "again" });
    await runtime.settled();
    expect(store.loadTimers().length).toBe(1);
    clock.advance(999);
    expect(actor.getSnapshot().value).toBe("on");
    clock.advance(1);
    expect(actor.getSnapshot().value).toBe("off");
    await runtime.settled();
    expect(store.loadTimers()).toEqual([]);
  });
});

test("100,000 timers fire in the order of their time, on one alarm", () => {
  const clock = simulatedClock();
  const fired: number[] = [];
  const timers = new Timers(clock, (timer) => fired.push(timer.seq));
  const count = 100_000;
  for (let seq = 0; seq < count; seq += 1) {
    const dueAt = (seq * 7_919) % count;
    timers.arm({
      actorNo: seq,
      id: "t",
      targetNo: seq,
      event: "{}",
      seq,
      dueAt,
      dueMonotonic: dueAt,
      cancelled: false,
    });
  }
  timers.setAlarm();
  expect(clock.pending()).toBe(1);
  clock.advance(count);
  expect(fired.length).toBe(count);
  expect(fired.every((seq, i) => (seq * 7_919) % count === i)).toBe(true);
});

test("what is cancelled takes no room for long, whatever comes before it", () => {
  const heap = new TimerHeap<{ at: number; cancelled: boolean }>((a, b) => a.at < b.at);
  heap.push({ at: 0, cancelled: false });
  for (let at = 1; at <= 10_000; at += 1) {
    const timer = { at, cancelled: false };
    heap.push(timer);
    timer.cancelled = true;
    heap.noteCancelled();
  }
  expect(heap.size).toBeLessThan(200);
  expect(heap.first()).toEqual({ at: 0, cancelled: false });
});

test("a heap gives in their order what was not cancelled (fast-check)", () => {
  const steps = fc.array(fc.record({ at: fc.nat(50), cancel: fc.option(fc.nat(300)) }), { maxLength: 400 });
  fc.assert(
    fc.property(steps, (list) => {
      const heap = new TimerHeap<{ at: number; cancelled: boolean }>((a, b) => a.at < b.at);
      const cancel = (timer: { cancelled: boolean } | undefined): void => {
        if (timer?.cancelled === false) {
          timer.cancelled = true;
          heap.noteCancelled();
        }
      };
      const made: { at: number; cancelled: boolean }[] = [];
      for (const step of list) {
        const timer = { at: step.at, cancelled: false };
        heap.push(timer);
        made.push(timer);
        cancel(step.cancel === null ? undefined : made[step.cancel]);
      }
      const left = made.filter(({ cancelled }) => !cancelled).map(({ at }) => at);
      const given: number[] = [];
      for (let first = heap.first(); first !== undefined; first = heap.first()) {
        given.push(first.at);
        cancel(first);
      }
      expect(given).toEqual(left.sort((a, b) => a - b));
      expect(heap.size).toBe(0);
    }),
  );
});
