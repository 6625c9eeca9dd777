import { describe, expect, test } from "vitest";
import {
  type AnyActorRef,
  assign,
  fromPromise,
  fromTransition,
  sendTo,
  setup,
  spawnChild,
  stopChild,
  waitFor,
} from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { counter } from "./counter.fixture.ts";
import { orderWith } from "./order.fixture.ts";

describe("fork", () => {
  test("of a root that was stopped, at that very transition, is refused: nothing is left to go on with", async () => {
    const runtime = await openRuntime({ machines: { m: setup({}).createMachine({}) } });
    const actor = runtime.createActor("m", { id: "m" }).start();
    actor.stop();
    await runtime.settled();
    const last = runtime.history("m").at(-1)?.transitionId ?? -1;
    expect(() => runtime.fork("m", last, "n")).toThrow(`m was stopped by its transition ${last}`);
    expect(() => runtime.fork("m", last + 1, "n")).toThrow(`m has no transition ${last + 1}`);
    expect(runtime.fork("m", last - 1, "n").getSnapshot().status).toBe("active");
    await runtime.close();
  });

  test("makes an actor of its own from a moment of the past", async () => {
    const runtime = await openRuntime({ machines: { counter } });
    const actor = runtime.createActor("counter", { id: "c" });
    actor.send({ type: "add", text: "one" });
    actor.send({ type: "add", text: "two" });
    await runtime.settled();
    const moment = runtime.history("c")[1]?.transitionId ?? -1;
    const fork = runtime.fork("c", moment, "d");
    fork.send({ type: "add", text: "other" });
    await runtime.settled();
    expect((fork.getSnapshot() as { context: unknown }).context).toEqual({ log: ["one", "other"] });
    expect(actor.getSnapshot().context).toEqual({ log: ["one", "two"] });
    expect(runtime.history("d").length).toBe(2);
    await runtime.close();
  });

  test("begins an effect anew that was on its way then", async () => {
    let runs = 0;
    const machine = orderWith(async () => {
      runs += 1;
      return `r-${runs}`;
    });
    const runtime = await openRuntime({ machines: { order: machine } });
    const actor = runtime.createActor("order", { id: "o", input: { sku: "A7" } });
    actor.send({ type: "PAY", amount: 1 });
    await waitFor(actor, (snapshot) => snapshot.matches("paid"));
    await runtime.settled();
    const paying = runtime.history("o").find(({ to }) => to === "paying")?.transitionId ?? -1;
    const fork = runtime.fork("o", paying, "p") as unknown as typeof actor;
    await waitFor(fork, (snapshot) => snapshot.matches("paid"));
    expect(fork.getSnapshot().context.receipt).toBe("r-2");
    await runtime.close();
  });

  test("takes the children of that moment along, and lets timers of its states run their whole delay again", async () => {
    const clock = simulatedClock();
    const bulb = setup({}).createMachine({
      initial: "dark",
      states: { dark: { on: { shine: "lit" } }, lit: { after: { 100: "burnt" } }, burnt: {} },
    });
    const lamp = setup({ types: {} as { context: { bulb: AnyActorRef } }, actors: { bulb } }).createMachine({
      context: ({ spawn }) => ({ bulb: spawn("bulb", { id: "bulb", systemId: "bulb" }) }),
      on: { shine: { actions: sendTo(({ context }) => context.bulb, { type: "shine" }) } },
    });
    const store = openSqlite({ file: ":memory:", clock });
    const runtime = await openRuntime({ store, clock, machines: { lamp } });
    runtime.createActor("lamp", { id: "l" }).send({ type: "shine" });
    await runtime.settled();
    clock.advance(60);
    // The lamp took the event before its bulb did.
    runtime.fork("l", runtime.history("l").at(-1)?.transitionId ?? -1, "copy").send({ type: "shine" });
    await runtime.settled();
    expect(runtime.history("l/bulb").map(({ event }) => event.type)).toEqual(["xstate.init", "shine"]);
    const states = () => runtime.list({ machine: "bulb" }).map(({ id, state }) => [id, state]);
    expect(states()).toEqual([
      ["l/bulb", "lit"],
      ["copy/bulb", "lit"],
    ]);
    clock.advance(40);
    await runtime.settled();
    expect(states().map(([, state]) => state)).toEqual(["burnt", "lit"]);
    runtime.halt();

    const again = await openRuntime({ store, clock, machines: { lamp } });
    clock.advance(60);
    await again.settled();
    expect(again.list({ machine: "bulb" }).map(({ state }) => state)).toEqual(["burnt", "burnt"]);
    await again.close();
  });

  test("runs the whole delay of the state it is in, and takes deliveries", async () => {
    const clock = simulatedClock();
    const egg = setup({ types: {} as { events: { type: "take" } } }).createMachine({
      initial: "boiling",
      states: { boiling: { after: { 100: "hard" }, on: { take: "soft" } }, hard: {}, soft: {} },
    });
    const runtime = await openRuntime({ clock, machines: { egg } });
    runtime.createActor("egg", { id: "e" });
    await runtime.settled();
    clock.advance(60);
    const [made] = runtime.history("e");
    runtime.fork("e", made?.transitionId ?? -1, "f");
    const taken = runtime.fork("e", made?.transitionId ?? -1, "g");
    await expect(taken.deliver({ type: "take" })).resolves.toMatchObject({ value: "soft" });
    const states = () => runtime.list().map(({ id, state }) => `${id} ${state}`);
    clock.advance(99);
    await runtime.settled();
    expect(states()).toEqual(["e hard", "f boiling", "g soft"]);
    clock.advance(1);
    await runtime.settled();
    expect(states()).toEqual(["e hard", "f hard", "g soft"]);
    await runtime.close();
  });

  test("has the children of that very transition, whatever became of the others in the same turn", async () => {
    const work = fromPromise(async () => 7);
    const helper = setup({}).createMachine({});
    const machine = setup({ actors: { work, helper } }).createMachine({
      initial: "busy",
      on: { hire: { actions: spawnChild("helper", { id: "h" }) }, dismiss: { actions: stopChild("h") } },
      states: {
        busy: {
          invoke: [
            { src: "work", id: "w", onDone: "idle" },
            { src: "helper", id: "other" },
          ],
          on: { again: { target: "busy", reenter: true } },
        },
        idle: { on: { back: "busy" } },
      },
    });
    const runtime = await openRuntime({ machines: { machine } });
    const actor = runtime.createActor("machine", { id: "m" });
    actor.send({ type: "again" });
    await waitFor(actor, (snapshot) => snapshot.matches("idle"));
    for (const type of ["hire", "dismiss", "back"] as const) {
      actor.send({ type });
    }
    await runtime.settled();
    const children = runtime.history("m").map(({ event, transitionId }) => {
      const fork = runtime.fork("m", transitionId, `fork-${transitionId}`).getSnapshot() as { children: object };
      return [event.type, Object.keys(fork.children).join()];
    });
    expect(children).toEqual([
      ["xstate.init", "w,other"],
      ["again", "w,other"],
      ["xstate.done.actor.w", ""],
      ["hire", "h"],
      ["dismiss", ""],
      ["back", "w,other"],
    ]);
    await runtime.close();
  });

  test("keeps its references to actors that are none of its own", async () => {
    const friend = setup({}).createMachine({ initial: "calm", states: { calm: { on: { poke: "poked" } }, poked: {} } });
    const person = setup({
      types: {} as {
        context: { friend: AnyActorRef | undefined };
        events: { type: "meet"; friend: AnyActorRef } | { type: "poke" };
      },
    }).createMachine({
      context: { friend: undefined },
      on: {
        meet: { actions: assign({ friend: ({ event }) => event.friend }) },
        poke: { actions: sendTo(({ context }) => context.friend as AnyActorRef, { type: "poke" }) },
      },
    });
    const runtime = await openRuntime({ machines: { friend, person } });
    const other = runtime.createActor("friend", { id: "f" });
    runtime.createActor("person", { id: "p" }).send({ type: "meet", friend: other });
    await runtime.settled();
    runtime.fork("p", runtime.history("p").at(-1)?.transitionId ?? -1, "q").send({ type: "poke" });
    expect(other.getSnapshot().value).toBe("poked");
    await runtime.close();
  });

  test("makes a root of a child whose logic is registered, and names what is not", async () => {
    const bulb = setup({}).createMachine({ initial: "dark", states: { dark: { on: { shine: "lit" } }, lit: {} } });
    const total = fromTransition((sum: number, _event: { type: "add" }) => sum + 1, 0);
    const lamp = setup({ actors: { bulb, total } }).createMachine({
      invoke: [
        { src: "bulb", id: "b" },
        { src: "total", id: "t" },
      ],
    });
    const store = openSqlite({ file: ":memory:" });
    const first = await openRuntime({ store, machines: { lamp } });
    first.createActor("lamp", { id: "l" });
    await first.deliver("l/b", { type: "shine" });
    await first.deliver("l/t", { type: "add" });
    const newest = (id: string) => first.history(id).at(-1)?.transitionId ?? -1;
    const moments = [newest("l/b"), newest("l/t")] as const;
    expect(() => first.fork("l/b", moments[0], "b")).toThrow('no machine "bulb" is registered');
    expect(() => first.fork("l/t", moments[1], "t")).toThrow('no machine "total" is registered');
    await first.close();

    const second = await openRuntime({ store, machines: { lamp, bulb, total } });
    expect(second.fork("l/b", moments[0], "b").getSnapshot()).toMatchObject({ value: "lit" });
    expect(second.fork("l/t", moments[1], "t").getSnapshot()).toMatchObject({ context: 1 });
    await second.close();
  });

  test("refuses an id that is taken, and a moment of another actor", async () => {
    const runtime = await openRuntime({ machines: { counter } });
    runtime.createActor("counter", { id: "c" });
    runtime.createActor("counter", { id: "d" });
    await runtime.settled();
    const [moment] = runtime.history("d");
    expect(() => runtime.fork("c", moment?.transitionId ?? 0, "d")).toThrow('"d" exists already');
    expect(() => runtime.fork("c", moment?.transitionId ?? 0, "e")).toThrow("c has no transition");
    expect(() => runtime.fork("nobody", 1, "e")).toThrow('no actor "nobody"');
    await runtime.close();
  });
});
