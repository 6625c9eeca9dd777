import { describe, expect, test } from "vitest";
import { type AnyActorRef, createActor, type InspectionEvent, sendTo, setup, spawnChild } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { unhandledErrors } from "./unhandled.fixture.ts";

const bulb = setup({}).createMachine({
  initial: "whole",
  states: { whole: { tags: "fine", on: { break: "broken" } }, broken: {} },
});
const lamp = setup({ actors: { bulb } }).createMachine({
  invoke: { src: "bulb", id: "bulb" },
  on: { hit: { actions: sendTo("bulb", { type: "break" }) } },
  initial: "off",
  states: {
    off: { tags: ["dark", "cold"], on: { flip: "on" } },
    on: { tags: "warm", on: { flip: "off", drop: "gone" } },
    gone: { type: "final", tags: "dark" },
  },
});
const door = setup({}).createMachine({ initial: "shut", states: { shut: { on: { open: "open" } }, open: {} } });
const machines = { lamp, door };

async function house() {
  const store = openSqlite({ file: ":memory:" });
  const runtime = await openRuntime({ store, machines });
  const lamps = ["l1", "l2", "l3"].map((id) => runtime.createActor("lamp", { id }));
  runtime.createActor("door", { id: "d" });
  lamps[1]?.send({ type: "flip" });
  lamps[2]?.send({ type: "flip" });
  lamps[2]?.send({ type: "drop" });
  await runtime.settled();
  return { store, runtime };
}

describe("list", () => {
  test.each([
    [{}, ["l1", "l1/bulb", "l2", "l2/bulb", "l3", "l3/bulb", "d"]],
    [{ machine: "door" }, ["d"]],
    [{ machine: "lamp" }, ["l1", "l2", "l3"]],
    [{ state: "on" }, ["l2"]],
    [{ tag: "dark" }, ["l1", "l3"]],
    [{ tag: "col" }, []],
    [{ machine: "lamp", status: "active" as const }, ["l1", "l2"]],
    [{ machine: "lamp", state: "off", tag: "cold" }, ["l1"]],
    [{ machine: "door", tag: "dark" }, []],
  ])("finds by %o", async (filter, ids) => {
    const { runtime } = await house();
    expect(runtime.list(filter).map(({ id }) => id)).toEqual(ids);
    await runtime.close();
  });

  test("gives tags back whole, with the spaces in them, and finds by them", async () => {
    const tags = ["in progress", "in", String.raw`a\u0020b \\ c\d`];
    const busy = setup({}).createMachine({ initial: "a", states: { a: { tags } } });
    const runtime = await openRuntime({ machines: { busy } });
    runtime.createActor("busy", { id: "b" });
    await runtime.settled();
    expect(runtime.list()).toMatchObject([{ tags }]);
    expect(tags.map((tag) => runtime.list({ tag }).length)).toEqual([1, 1, 1]);
    expect(["progress", "a b", "in progress in"].map((tag) => runtime.list({ tag }).length)).toEqual([0, 0, 0]);
    await runtime.close();
  });

  test("tells of each actor what is durable of it", async () => {
    const { runtime } = await house();
    expect(runtime.list({ tag: "cold" })).toEqual([
      {
        id: "l1",
        machine: "lamp",
        version: "1",
        state: "off",
        status: "active",
        asleep: false,
        tags: ["dark", "cold"],
      },
    ]);
    await runtime.close();
  });
});

describe("an actor by its id", () => {
  test("may be a child, and takes events", async () => {
    const { runtime } = await house();
    await runtime.deliver("l1/bulb", { type: "break" });
    expect(runtime.actor("l1/bulb")?.getSnapshot()).toMatchObject({ value: "broken" });
    await expect(runtime.deliver("l1/bulb", { type: "break" })).rejects.toMatchObject({ code: "INVALID_TRANSITION" });
    await expect(runtime.deliver("l9", { type: "flip" })).rejects.toMatchObject({ code: "ACTOR_UNKNOWN" });
    await runtime.close();
  });

  test("may be a child that delivers, awake or asleep", async () => {
    const clock = simulatedClock();
    const runtime = await openRuntime({ clock, machines, passivateAfterMs: 1_000 });
    for (const id of ["l1", "l2"]) {
      runtime.createActor("lamp", { id });
    }
    const child = runtime.actor("l1/bulb");
    expect(runtime.actor("l1/bulb")?.deliver).toBe(child?.deliver);
    expect(await child?.deliver({ type: "break" }, { idempotencyKey: "once" })).toMatchObject({ value: "broken" });
    expect(await child?.deliver({ type: "break" }, { idempotencyKey: "once" })).toMatchObject({ value: "broken" });
    await expect(child?.deliver({ type: "break" })).rejects.toMatchObject({ code: "INVALID_TRANSITION" });

    const sleeping = runtime.actor("l2/bulb");
    await runtime.settled();
    clock.advance(1_500);
    expect(runtime.list({ machine: "lamp", state: "off" })).toMatchObject([{ asleep: true }, { asleep: true }]);
    // Its parent wakes first, which nobody asks for the child.
    await runtime.deliver("l2", { type: "flip" });
    expect(await sleeping?.deliver({ type: "break" })).toMatchObject({ value: "broken" });
    expect(runtime.actor("l2/bulb")?.getSnapshot()).toMatchObject({ value: "broken" });
    await runtime.close();
  });

  test("is found in the turn in which it was made", async () => {
    const runtime = await openRuntime({ machines });
    const actor = runtime.createActor("lamp", { id: "street/7" });
    expect(runtime.actor("street/7/bulb")).toBe(actor.getSnapshot().children["bulb"]);
    expect(runtime.actor("street/7/other")).toBeUndefined();
    expect(() => runtime.createActor("door", { id: "street/7/bulb" })).toThrow("exists already and runs bulb");
    await runtime.close();
  });

  test("is one's own: a child whose id a root has is an error of its parent", async () => {
    const street = setup({ actors: { bulb } }).createMachine({
      on: { spawn: { actions: spawnChild("bulb", { id: "7" }) } },
    });
    const runtime = await openRuntime({ machines: { street, door } });
    const root = runtime.createActor("door", { id: "s/7" });
    const parent = runtime.createActor("street", { id: "s" });
    parent.subscribe({ error: () => undefined });
    parent.send({ type: "spawn" });
    await runtime.settled();
    expect(parent.getSnapshot()).toMatchObject({ status: "error", error: { code: "ACTOR_EXISTS" } });
    expect((await root.deliver({ type: "open" })).value).toBe("open");
    await runtime.close();
  });

  test("is woken by a delivery", async () => {
    const { store, runtime } = await house();
    await runtime.close();
    const clock = simulatedClock(Date.now());
    const again = await openRuntime({ store, machines, clock, passivateAfterMs: 1_000 });
    again.actor("d");
    expect(again.list({ machine: "door" })).toMatchObject([{ asleep: false }]);
    clock.advance(1_500);
    expect(again.list({ machine: "door" })).toMatchObject([{ asleep: true }]);
    await again.deliver("d", { type: "open" });
    expect(again.history("d").at(-1)).toMatchObject({ from: "shut", to: "open" });
    await again.close();
  });
});

describe("inspect", () => {
  test("gives XState's events of live actors and of those that come, until it is ended", async () => {
    const { store, runtime } = await house();
    await runtime.close();
    const again = await openRuntime({ store, machines });
    const seen: InspectionEvent[] = [];
    const { unsubscribe } = again.inspect((event) => seen.push(event));
    again.createActor("lamp", { id: "l1" }).send({ type: "hit" });
    again.createActor("door", { id: "new" });
    expect(
      seen.flatMap((event) =>
        event.type === "@xstate.event" ? [[(event.actorRef as AnyActorRef).id, event.event.type]] : [],
      ),
    ).toEqual([
      ["l1", "hit"],
      ["bulb", "break"],
      ["new", "xstate.init"],
    ]);
    expect(new Set(seen.map(({ type }) => type))).toEqual(
      new Set(["@xstate.actor", "@xstate.event", "@xstate.microstep", "@xstate.snapshot", "@xstate.action"]),
    );
    expect(seen.find(({ type }) => type === "@xstate.actor")?.rootId).toBe(
      again.createActor("door", { id: "new" }).sessionId,
    );
    unsubscribe();
    const { length } = seen;
    again.createActor("lamp", { id: "l1" }).send({ type: "flip" });
    expect(seen.length).toBe(length);
    await again.close();
  });

  test("tells an observer as it tells a function", async () => {
    const runtime = await openRuntime({ machines });
    const seen: [string[], string[]] = [[], []];
    runtime.inspect((event) => seen[0].push(event.type));
    const { unsubscribe } = runtime.inspect({ next: (event) => seen[1].push(event.type) });
    await runtime.createActor("lamp", { id: "l" }).deliver({ type: "flip" });
    expect(seen[0]).toContain("@xstate.microstep");
    expect(seen[1]).toEqual(seen[0]);
    unsubscribe();
    const { length } = seen[1];
    await runtime.deliver("l", { type: "flip" });
    expect(seen[1].length).toBe(length);
    await runtime.close();
  });

  describe.each(["of the runtime", "of one actor"])("%s", (whose) => {
    test.each(["@xstate.actor", "@xstate.event", "@xstate.microstep", "@xstate.snapshot", "@xstate.action"])(
      "changes nothing by an observer that throws at %s",
      async (type) => {
        const unhandled = unhandledErrors();
        const runtime = await openRuntime({ machines });
        const inspect = (event: InspectionEvent) => {
          if (event.type === type) {
            throw new Error("it cannot be shown");
          }
        };
        if (whose === "of the runtime") {
          runtime.inspect(inspect);
        }
        const actor = runtime.createActor("lamp", { id: "l", ...(whose === "of one actor" && { inspect }) });
        for (const key of ["first", "first", "second"]) {
          await actor.deliver({ type: "flip" }, { idempotencyKey: key });
        }
        await runtime.close();
        expect(actor.getSnapshot()).toMatchObject({ status: "active", value: "off" });
        expect(new Set(unhandled.map(String))).toEqual(new Set(["Error: it cannot be shown"]));
      },
    );
  });

  test("as an option hears of the root itself and of the children made with it, as in XState", async () => {
    const told = (seen: string[]) => (event: InspectionEvent) => {
      seen.push(`${event.type} ${(event.actorRef as AnyActorRef).id}`);
    };
    const [plain, durable]: [string[], string[]] = [[], []];
    createActor(lamp, { id: "l", inspect: told(plain) }).start();
    const runtime = await openRuntime({ machines });
    runtime.createActor("lamp", { id: "l", inspect: told(durable) });
    expect(durable).toEqual(plain);
    await runtime.close();
  });

  test("is an option of one actor too, made or found", async () => {
    const { store, runtime } = await house();
    await runtime.close();
    const again = await openRuntime({ store, machines });
    const seen: string[] = [];
    const inspect = ({ type }: InspectionEvent) => seen.push(type);
    again.createActor("lamp", { id: "l1", inspect }).send({ type: "flip" });
    expect(seen).toContain("@xstate.microstep");
    const { length } = seen;
    again.createActor("lamp", { id: "l2" }).send({ type: "flip" });
    expect(seen.length).toBe(length);
    again.createActor("door", { id: "new", inspect }).send({ type: "open" });
    expect(seen.length).toBeGreaterThan(length);
    await again.close();
  });
});
