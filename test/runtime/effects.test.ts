import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromPromise, setup, waitFor } from "xstate";
import { afterCommit, durable, type EffectInfo, openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { testFolder } from "./folder.fixture.ts";
import { orderWith } from "./order.fixture.ts";

describe("a promise actor", () => {
  test("starts after the commit that asked for it (I2)", async () => {
    const seen: string[] = [];
    const store = openSqlite({ file: ":memory:" });
    const machine = orderWith(async () => {
      seen.push(store.actorById("o")?.state ?? "not stored");
      return "r-1";
    });
    const runtime = await openRuntime({ store, machines: { order: machine } });
    const actor = runtime.createActor("order", { id: "o", input: { sku: "A7" } });
    actor.send({ type: "PAY", amount: 1 });
    expect(seen).toEqual([]);
    await waitFor(actor, (snapshot) => snapshot.matches("paid"));
    expect(seen).toEqual(["paying"]);
    await runtime.close();
  });

  test("is not run again when its result is known, and is when it is not (I3)", async () => {
    const file = join(testFolder(), "o.db");
    let runs = 0;
    const machine = orderWith(async () => {
      runs += 1;
      return `r-${runs}`;
    });
    const first = await openRuntime({ file, machines: { order: machine } });
    const actor = first.createActor("order", { id: "o", input: { sku: "A7" } });
    actor.send({ type: "PAY", amount: 1 });
    await waitFor(actor, (snapshot) => snapshot.matches("paid"));
    // The result is not on disk yet: as after a crash, it is asked for again.
    first.halt();

    const second = await openRuntime({ file, machines: { order: machine } });
    const again = second.createActor("order", { id: "o", input: { sku: "A7" } });
    await waitFor(again, (snapshot) => snapshot.matches("paid"));
    await second.settled();
    second.halt();
    expect(runs).toBe(2);

    const third = await openRuntime({ file, machines: { order: machine } });
    const last = third.createActor("order", { id: "o", input: { sku: "A7" } });
    expect(last.getSnapshot().context.receipt).toBe("r-2");
    await third.settled();
    expect(runs).toBe(2);
    await third.close();
  });

  test.each(["leave", "close", "halt"] as const)(
    "that pays no heed to its signal keeps no time-out after a %s",
    async (end) => {
      const clock = simulatedClock();
      const work = durable({ timeoutMs: 60_000 })(() => new Promise(() => undefined));
      const machine = setup({ actors: { work } }).createMachine({
        initial: "working",
        states: { working: { invoke: { src: "work" }, on: { leave: "left" } }, left: {} },
      });
      const runtime = await openRuntime({ clock, machines: { machine } });
      const actor = runtime.createActor("machine", { id: "m" });
      await runtime.settled();
      expect(clock.pending()).toBe(1);
      await (end === "leave" ? actor.deliver({ type: "leave" }) : runtime[end]());
      expect(clock.pending()).toBe(0);
      await runtime.close();
    },
  );

  test("gets its abort signal when its actor is stopped", async () => {
    let tellAborted = (_: string): void => undefined;
    const aborted = new Promise<string>((resolve) => {
      tellAborted = resolve;
    });
    const work = setup({
      actors: {
        wait: fromPromise(({ signal }) => {
          signal.addEventListener("abort", () => tellAborted("aborted"));
          return new Promise(() => undefined);
        }),
      },
    }).createMachine({ initial: "on", states: { on: { invoke: { src: "wait" }, on: { leave: "off" } }, off: {} } });
    const runtime = await openRuntime({ machines: { work } });
    const actor = runtime.createActor("work", { id: "w" });
    await runtime.settled();
    actor.send({ type: "leave" });
    expect(await aborted).toBe("aborted");
    await runtime.close();
  });
});

describe("durable()", () => {
  const machineOf = (logic: ReturnType<typeof fromPromise<string, undefined>>) =>
    setup({ types: {} as { context: { error?: unknown } }, actors: { work: logic } }).createMachine({
      context: {},
      initial: "working",
      states: { working: { invoke: { src: "work", onDone: "done", onError: "failed" } }, done: {}, failed: {} },
    });

  test("repeats a failed attempt with backoff under one key, also over a restart, and gives up after the last", async () => {
    const clock = simulatedClock(1_000);
    const store = openSqlite({ file: ":memory:", clock });
    const attempts: EffectInfo[] = [];
    const work = machineOf(
      durable({ retry: { max: 2, backoffMs: 100 } })<string, undefined>(async ({ effect }) => {
        attempts.push(effect);
        throw new Error(`attempt ${effect.attempt}`);
      }),
    );
    const first = await openRuntime({ store, clock, machines: { work } });
    first.createActor("work", { id: "w" });
    await first.settled();
    await new Promise(setImmediate);
    await first.settled();
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1]);
    clock.advance(60);
    first.halt();

    const second = await openRuntime({ store, clock, machines: { work } });
    await second.settled();
    expect(attempts.length).toBe(1);
    clock.advance(40);
    await second.settled();
    await new Promise(setImmediate);
    await second.settled();
    clock.advance(200);
    await second.settled();
    const actor = second.createActor("work", { id: "w" });
    await waitFor(actor, (snapshot) => snapshot.matches("failed"));
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(attempts.map(({ key }) => key)).size).toBe(1);
    await second.close();
  });

  test("ends an attempt that takes too long, and ignores what it says later (I3)", async () => {
    const clock = simulatedClock();
    const results: ((value: string) => void)[] = [];
    const signals: AbortSignal[] = [];
    const work = machineOf(
      durable({ timeoutMs: 50, retry: { max: 1 } })<string, undefined>(({ signal }) => {
        signals.push(signal);
        return new Promise((resolve) => results.push(resolve));
      }),
    );
    const runtime = await openRuntime({ clock, machines: { work } });
    const actor = runtime.createActor("work", { id: "w" });
    await runtime.settled();
    clock.advance(50);
    await new Promise(setImmediate);
    await runtime.settled();
    clock.advance(0);
    await runtime.settled();
    expect([signals.length, signals[0]?.aborted]).toEqual([2, true]);
    results[0]?.("late");
    await new Promise(setImmediate);
    expect(actor.getSnapshot().value).toBe("working");
    results[1]?.("in time");
    await waitFor(actor, (snapshot) => snapshot.matches("done"));
    await runtime.close();
  });
});

describe("afterCommit()", () => {
  test("puts an action off until its transition is on disk", async () => {
    const store = openSqlite({ file: ":memory:" });
    const seen: (string | undefined)[] = [];
    const machine = setup({
      actions: { tell: afterCommit(() => seen.push(store.actorById("m")?.state)) },
    }).createMachine({ initial: "a", states: { a: { on: { go: { target: "b", actions: "tell" } } }, b: {} } });
    const runtime = await openRuntime({ store, machines: { machine } });
    const actor = runtime.createActor("machine", { id: "m" });
    actor.send({ type: "go" });
    expect(seen).toEqual([]);
    await runtime.settled();
    expect(seen).toEqual(["b"]);
    await runtime.close();
  });
});
