import { describe, expect, test } from "vitest";
import {
  type AnyActorRef,
  assign,
  createMachine,
  fromPromise,
  type SnapshotFrom,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";

const lamp = setup({ types: {} as { events: { type: "flip" } } }).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { tags: "bright", on: { flip: "off" } } },
});

const house = setup({
  types: {} as {
    context: { lamp: AnyActorRef | undefined; taken: number };
    events: { type: "spawn" | "flip" | "stop" } | { type: "take"; lamp: AnyActorRef };
  },
  actors: { lamp },
}).createMachine({
  context: { lamp: undefined, taken: 0 },
  on: {
    spawn: { actions: assign({ lamp: ({ spawn }) => spawn("lamp", { id: "lamp" }) }) },
    take: { actions: assign({ lamp: ({ event }) => event.lamp }) },
    flip: {
      actions: [
        sendTo(({ context }) => context.lamp as AnyActorRef, { type: "flip" }),
        assign({ taken: ({ context }) => context.taken + 1 }),
      ],
    },
    stop: { actions: stopChild(({ context }) => context.lamp as AnyActorRef) },
  },
});

const lampOf = (actor: { getSnapshot(): SnapshotFrom<typeof house> }) =>
  actor.getSnapshot().context.lamp?.getSnapshot() as SnapshotFrom<typeof lamp>;

describe("a reference in the context", () => {
  test("leads to a child that was stopped, after any number of restarts, and the child takes nothing", async () => {
    const store = openSqlite({ file: ":memory:" });
    let runtime = await openRuntime({ store, machines: { house } });
    let actor = runtime.createActor("house", { id: "h" });
    for (const type of ["spawn", "flip", "stop"] as const) {
      actor.send({ type });
    }
    for (const restart of [1, 2]) {
      await runtime.settled();
      runtime.halt();
      runtime = await openRuntime({ store, machines: { house } });
      actor = runtime.createActor("house", { id: "h" });
      expect([lampOf(actor).status, lampOf(actor).value, lampOf(actor).hasTag("bright")]).toEqual([
        "stopped",
        "on",
        true,
      ]);
      // To the lamp, not to the house itself; and its parent may stop it once more.
      actor.send({ type: "flip" });
      actor.send({ type: "stop" });
      expect([lampOf(actor).value, actor.getSnapshot().status, actor.getSnapshot().context.taken]).toEqual([
        "on",
        "active",
        1 + restart,
      ]);
    }
    await runtime.close();
  });

  test("leads to another root, made before or after, awake or asleep", async () => {
    const clock = simulatedClock();
    const store = openSqlite({ file: ":memory:", clock });
    const machines = { house, lamp: { logic: lamp, passivateAfterMs: 1_000 } };
    const first = await openRuntime({ store, clock, machines });
    const houses = [first.createActor("house", { id: "before" })];
    const root = first.createActor("lamp", { id: "l" });
    houses.push(first.createActor("house", { id: "after" }));
    for (const actor of houses) {
      actor.send({ type: "take", lamp: root });
    }
    await first.settled();
    first.halt();

    const second = await openRuntime({ store, clock, machines });
    for (const id of ["before", "after"]) {
      second.createActor("house", { id }).send({ type: "flip" });
    }
    expect(second.createActor("lamp", { id: "l" }).getSnapshot().value).toBe("off");
    expect(lampOf(second.createActor("house", { id: "before" }))).toBe(
      second.createActor("lamp", { id: "l" }).getSnapshot(),
    );
    await second.settled();
    clock.advance(2_000);
    expect(second.list({ machine: "lamp" })).toMatchObject([{ asleep: true }]);
    second.halt();

    const third = await openRuntime({ store, clock, machines });
    third.createActor("house", { id: "before" }).send({ type: "flip" });
    expect(third.createActor("lamp", { id: "l" }).getSnapshot().value).toBe("on");
    await third.close();
  });
});

describe("a name in the system", () => {
  test("is free again when its owner has ended, over a restart", async () => {
    const brief = createMachine({ initial: "done", states: { done: { type: "final" } } });
    const keeper = setup({ actors: { brief } }).createMachine({
      on: { spawn: { actions: spawnChild("brief", { systemId: "brief" }) } },
    });
    const store = openSqlite({ file: ":memory:" });
    const first = await openRuntime({ store, machines: { keeper } });
    first.createActor("keeper", { id: "k" }).send({ type: "spawn" });
    await first.settled();
    first.halt();
    const second = await openRuntime({ store, machines: { keeper } });
    const actor = second.createActor("keeper", { id: "k" });
    actor.send({ type: "spawn" });
    const { status, error } = actor.getSnapshot();
    expect([status, error]).toEqual(["active", undefined]);
    await second.close();
  });
});

test("a reference to an actor of another runtime is an error of who keeps it: its number is another's there", async () => {
  const [one, other] = [await openRuntime({ machines: { house } }), await openRuntime({ machines: { house } })];
  const keeper = one.createActor("house", { id: "keeper" });
  const stranger = other.createActor("house", { id: "stranger" });
  keeper.subscribe({ error: () => undefined });
  keeper.send({ type: "take", lamp: stranger });
  expect(keeper.getSnapshot()).toMatchObject({ status: "error", error: { code: "NOT_SERIALIZABLE" } });
  await one.close();
  await other.close();
});

test("references in collections and in the input of an effect lead to their actors after restarts", async () => {
  const store = openSqlite({ file: ":memory:" });
  const begun: AnyActorRef[] = [];
  const work = fromPromise<void, { readonly boss: AnyActorRef }>(({ input }) => {
    begun.push(input.boss);
    return new Promise(() => undefined);
  });
  const street = setup({
    types: {} as {
      context: {
        byName: Map<string, AnyActorRef>;
        names: Map<AnyActorRef, string>;
        all: Set<AnyActorRef>;
        count: number;
      };
      events: { type: "flip" | "count" };
    },
    actors: { lamp, work },
  }).createMachine({
    context: ({ spawn }) => {
      const one = spawn("lamp", { id: "one" });
      return { byName: new Map([["one", one]]), names: new Map([[one, "one"]]), all: new Set([one]), count: 0 };
    },
    invoke: { src: "work", input: ({ self }) => ({ boss: self }) },
    on: {
      flip: { actions: sendTo(({ context }) => context.byName.get("one") as AnyActorRef, { type: "flip" }) },
      count: { actions: assign({ count: ({ context }) => context.count + 1 }) },
    },
  });
  for (const count of [1, 2, 3]) {
    const runtime = await openRuntime({ store, machines: { street } });
    const actor = runtime.createActor("street", { id: "s" });
    actor.send({ type: "count" });
    actor.send({ type: "flip" });
    await runtime.settled();
    const { context, children } = actor.getSnapshot();
    expect(context.count).toBe(count);
    const { byName, names, all } = context;
    const isOne = (ref: unknown): boolean => ref === children["one"];
    expect([[...byName.values()], [...names.keys()], [...all]].map((refs) => refs.map(isOne))).toEqual([
      [true],
      [true],
      [true],
    ]);
    expect(children["one"]?.getSnapshot()).toMatchObject({ value: count % 2 === 1 ? "on" : "off" });
    expect(begun.at(-1)).toBe(actor);
    expect(begun.length).toBe(count);
    await runtime.close();
  }
});

test("data that looks like a reference stays data, over a restart and in a fork", async () => {
  const store = openSqlite({ file: ":memory:" });
  const child = createMachine({});
  const given = {
    ours: { $pawl: "actor", no: 1 },
    within: { $pawl: "object", value: { $pawl: "actor", no: 2 } },
    xstates: { xstate$$type: 1, id: "c" },
    text: '{"$pawl":"actor","no":1}',
  };
  const keeper = setup({ types: {} as { context: { given: object; me: unknown } }, actors: { child } }).createMachine({
    context: ({ self }) => ({ given: structuredClone(given), me: self }),
    invoke: { src: "child", id: "c" },
  });
  const first = await openRuntime({ store, machines: { keeper } });
  first.createActor("keeper", { id: "k" });
  await first.close();
  const second = await openRuntime({ store, machines: { keeper } });
  const actor = second.createActor("keeper", { id: "k" });
  const fork = second.fork("k", second.history("k").at(-1)?.transitionId ?? -1, "f");
  for (const one of [actor, fork]) {
    const { context } = one.getSnapshot() as { context: { given: unknown; me: unknown } };
    expect(context.given).toEqual(given);
    expect(context.me).toBe(one);
  }
  await second.close();
  store.close();
});
