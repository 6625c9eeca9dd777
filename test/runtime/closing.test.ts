import { describe, expect, test } from "vitest";
import {
  type AnyActorRef,
  type AnyStateMachine,
  assign,
  type CallbackActorRef,
  createActor,
  createMachine,
  fromCallback,
  fromObservable,
  fromPromise,
  sendTo,
  setup,
} from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { unhandledErrors } from "./unhandled.fixture.ts";

type Body = Parameters<typeof fromCallback>[0];

const calling = (body: Body) =>
  setup({ actors: { body: fromCallback(body) } }).createMachine({ invoke: { src: "body", id: "body" } });

describe("the end of a callback, when the runtime closes", () => {
  test("may throw: that is reported, the others end too, and the store is free again", async () => {
    const unhandled = unhandledErrors();
    const ended: string[] = [];
    const failing = calling(() => () => {
      throw new Error("no end");
    });
    const sound = calling(() => () => ended.push("sound"));
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { failing, sound } });
    runtime.createActor("failing", { id: "f" });
    runtime.createActor("sound", { id: "s" });
    await runtime.settled();
    await runtime.close();
    await new Promise(setImmediate);
    expect([ended, unhandled]).toEqual([["sound"], [new Error("no end")]]);
    const again = await openRuntime({ store, machines: { failing, sound } });
    expect(again.list({ rootsOnly: true, status: "active" }).length).toBe(2);
    again.halt();
    store.close();
  });

  test("may send back: nobody hears it", async () => {
    const machine = calling(
      ({ sendBack }) =>
        () =>
          sendBack({ type: "bye" }),
    );
    const runtime = await openRuntime({ machines: { machine } });
    runtime.createActor("machine", { id: "m" });
    await runtime.settled();
    await expect(runtime.close()).resolves.toBeUndefined();
  });
});

test("what callbacks and observables bring after the end is dropped; who sends from outside is told", async () => {
  const late: (() => void)[] = [];
  const body = fromCallback(({ sendBack }) => {
    late.push(() => sendBack({ type: "late" }));
  });
  const values = fromObservable(
    () =>
      ({
        subscribe: (observer: { next(value: unknown): void; error(error: unknown): void; complete(): void }) => {
          late.push(
            () => observer.next(1),
            () => observer.error(new Error("late")),
            () => observer.complete(),
          );
          return { unsubscribe: () => undefined };
        },
      }) as never,
  );
  const machine = setup({ actors: { body, values } }).createMachine({
    invoke: [{ src: "body" }, { src: "values", id: "values" }],
  });
  const runtime = await openRuntime({ machines: { machine } });
  const actor = runtime.createActor("machine", { id: "m" });
  await runtime.settled();
  const child = runtime.actor("m/values");
  await runtime.close();
  expect(late.length).toBe(4);
  for (const bring of late) {
    expect(bring).not.toThrow();
  }
  const closed = expect.objectContaining({ code: "RUNTIME_CLOSED" });
  expect(() => actor.send({ type: "any" })).toThrow(closed);
  expect(() => (child as unknown as CallbackActorRef<{ type: "any" }>).send({ type: "any" })).toThrow(closed);
});

test("after close() nobody who is not in memory can be asked for", async () => {
  const runtime = await openRuntime({ machines: { machine: setup({}).createMachine({}) } });
  runtime.createActor("machine", { id: "m" });
  await runtime.close();
  const closed = { code: "RUNTIME_CLOSED" };
  expect(() => runtime.actor("other")).toThrow(expect.objectContaining(closed));
  await expect(runtime.deliver("other", { type: "any" })).rejects.toMatchObject(closed);
});

test("what halt() loses is said by settled(); what close() has kept is settled", async () => {
  const machines = { machine: setup({}).createMachine({}) };
  const halted = await openRuntime({ machines });
  halted.createActor("machine", { id: "m" }).start();
  halted.halt();
  await expect(halted.settled()).rejects.toMatchObject({ code: "RUNTIME_CLOSED" });
  const closed = await openRuntime({ machines });
  closed.createActor("machine", { id: "m" }).start();
  await closed.close();
  await expect(closed.settled()).resolves.toBeUndefined();
});

test("whoever waits for a delivery on which somebody halts the runtime is told", async () => {
  const closed = { code: "RUNTIME_CLOSED" };
  const machine = createMachine({
    on: { go: { actions: () => undefined }, look: { guard: () => halt(), actions: [] } },
  });
  let halt = () => false;
  for (const type of ["go", "look"]) {
    const runtime = await openRuntime({ machines: { machine } });
    const actor = runtime.createActor("machine", { id: "m" });
    halt = () => {
      runtime.halt();
      return false;
    };
    actor.subscribe(halt);
    await expect(actor.deliver({ type })).rejects.toMatchObject(closed);
  }
});

describe("an action that closes the runtime", () => {
  async function afterClosing(act: (close: () => void) => AnyStateMachine, begin: (actor: AnyActorRef) => void) {
    const store = openSqlite({ file: ":memory:" });
    let closed: Promise<void> | undefined;
    const machine = act(() => {
      closed ??= runtime.close();
    });
    const runtime = await openRuntime({ store, machines: { machine } });
    begin(runtime.createActor(machine, { id: "m" }) as never);
    await closed;
    const again = await openRuntime({ store, machines: { machine: act(() => undefined) } });
    const states = again.list().map(({ id, state }) => [id, state]);
    again.halt();
    store.close();
    return states;
  }

  const kid = (entry: () => void) =>
    setup({}).createMachine({ initial: "x", states: { x: { on: { go: "y" } }, y: { entry } } });

  test("commits all that its event leads to, further actors included", async () => {
    const act = (close: () => void) =>
      setup({ actors: { kid: kid(close), other: kid(() => undefined) } }).createMachine({
        invoke: [
          { src: "kid", id: "k" },
          { src: "other", id: "o" },
        ],
        initial: "x",
        states: {
          x: { on: { go: { target: "y", actions: [sendTo("k", { type: "go" }), sendTo("o", { type: "go" })] } } },
          y: {},
        },
      });
    const states = await afterClosing(act, (actor) => {
      actor.start();
      actor.send({ type: "go" });
    });
    expect(states).toEqual([
      ["m", "y"],
      ["m/k", "y"],
      ["m/o", "y"],
    ]);
  });

  test("commits all that the start of its actor leads to", async () => {
    const act = (close: () => void) =>
      setup({ actors: { kid: kid(() => undefined) } }).createMachine({
        invoke: { src: "kid", id: "k" },
        entry: [close, sendTo("k", { type: "go" })],
      });
    const states = await afterClosing(act, (actor) => actor.start());
    expect(states).toEqual([
      ["m", ""],
      ["m/k", "y"],
    ]);
  });
});

describe("an event that an actor of plain XState sends", () => {
  const door = setup({}).createMachine({
    initial: "shut",
    states: { shut: { on: { open: "open" } }, open: {} },
  });
  /** Passes on to another actor what it gets. */
  const visitor = setup({ types: {} as { input: AnyActorRef; context: { door: AnyActorRef } } }).createMachine({
    context: ({ input }) => ({ door: input }),
    on: {
      "*": {
        actions: sendTo(
          ({ context }) => context.door,
          ({ event }) => event,
        ),
      },
    },
  });

  test("changes nothing any more after the end, be the actor awake or asleep", async () => {
    const clock = simulatedClock();
    const runtime = await openRuntime({ machines: { door }, clock, passivateAfterMs: 1_000 });
    const asleep = runtime.createActor("door", { id: "asleep" });
    await runtime.settled();
    clock.advance(2_000);
    expect(runtime.list({}).map(({ asleep }) => asleep)).toEqual([true]);
    const awake = runtime.createActor("door", { id: "awake" });
    const visitors = [awake, asleep].map((input) => createActor(visitor, { input }).start());
    await runtime.close();
    for (const actor of visitors) {
      actor.send({ type: "open" });
      expect(actor.getSnapshot().status).toBe("active");
    }
    expect(awake.getSnapshot().value).toBe("shut");
  });

  test("is committed whole when its own action closes the runtime (I1)", async () => {
    const store = openSqlite({ file: ":memory:" });
    const closings: Promise<void>[] = [];
    let close = (): void => undefined;
    const bell = setup({}).createMachine({ context: { rung: 0 }, on: { ring: { actions: assign({ rung: 1 }) } } });
    const house = setup({ actors: { bell } }).createMachine({
      initial: "quiet",
      invoke: { src: "bell", id: "bell" },
      states: {
        quiet: {
          on: {
            ring: { target: "rung", actions: [() => close(), sendTo("bell", { type: "ring" })] },
          },
        },
        rung: {},
      },
    });
    const runtime = await openRuntime({ store, machines: { house } });
    close = () => {
      closings.push(runtime.close());
    };
    const input = runtime.createActor("house", { id: "h" }) as unknown as AnyActorRef;
    createActor(visitor, { input }).start().send({ type: "ring" });
    await Promise.all(closings);
    const again = await openRuntime({ store, machines: { house } });
    expect(again.list({}).map(({ state }) => state)).toEqual(["rung", ""]);
    expect(again.actor("h/bell")?.getSnapshot()).toMatchObject({ context: { rung: 1 } });
    await again.close();
    store.close();
  });

  test("keeps the actor awake that gets it", async () => {
    const clock = simulatedClock();
    const runtime = await openRuntime({ machines: { door }, clock, passivateAfterMs: 1_000 });
    const input = runtime.createActor("door", { id: "d" });
    await runtime.settled();
    const actor = createActor(visitor, { input }).start();
    clock.advance(900);
    actor.send({ type: "open" });
    await runtime.settled();
    clock.advance(900);
    expect(runtime.list({}).map(({ asleep }) => asleep)).toEqual([false]);
    await runtime.close();
  });
});

test.each(["close", "halt"] as const)(
  "what one effect ends by %s() as it begins, no other one begins in",
  async (end) => {
    const begun: unknown[] = [];
    const work = fromPromise<never, number>(({ input }) => {
      begun.push(input);
      void runtime[end]();
      return new Promise(() => undefined);
    });
    const machine = setup({ actors: { work } }).createMachine({
      invoke: [
        { src: "work", input: 1 },
        { src: "work", input: 2 },
      ],
    });
    const runtime = await openRuntime({ machines: { machine } });
    runtime.createActor("machine", { id: "m" });
    await runtime.settled();
    expect(begun).toEqual([1]);
  },
);
