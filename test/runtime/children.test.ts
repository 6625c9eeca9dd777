import { describe, expect, test } from "vitest";
import {
  type ActorRefFrom,
  assign,
  createActor,
  createMachine,
  enqueueActions,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

const child = setup({ types: {} as { events: { type: "poke" } } }).createMachine({
  initial: "calm",
  states: { calm: { on: { poke: "poked" } }, poked: {} },
});
const parent = setup({
  types: {} as {
    events:
      | { type: "spawn"; count: number }
      | { type: "poke"; id: string }
      | { type: "stop"; id: string }
      | { type: "end" };
  },
  actors: { child },
}).createMachine({
  initial: "open",
  states: {
    open: {
      on: {
        spawn: {
          actions: enqueueActions(({ enqueue, event }) => {
            for (let i = 0; i < event.count; i += 1) {
              enqueue.spawnChild("child", { id: `c${i}` });
            }
          }),
        },
        poke: { actions: sendTo(({ event }) => event.id, { type: "poke" }) },
        stop: { actions: stopChild(({ event }) => event.id) },
        end: "ended",
      },
    },
    ended: { type: "final" },
  },
});

describe.each([3, 200])("a parent of %i children", (count) => {
  test("does with them what plain XState does, over a restart", async () => {
    const store = openSqlite({ file: ":memory:" });
    const first = await openRuntime({ store, machines: { parent } });
    const plain = createActor(parent).start();
    const events = [
      { type: "spawn", count },
      { type: "poke", id: "c1" },
      { type: "stop", id: "c0" },
    ] as const;
    const durableActor = first.createActor("parent", { id: "p" });
    for (const event of events) {
      plain.send(event);
      durableActor.send(event);
    }
    await first.settled();
    first.halt();
    const second = await openRuntime({ store, machines: { parent } });
    const actor = second.createActor("parent", { id: "p" });
    const states = (of: typeof actor | typeof plain) =>
      Object.entries(of.getSnapshot().children).map(([id, ref]) => [id, ref?.getSnapshot().value]);
    expect(states(actor)).toEqual(states(plain));
    expect(states(actor).length).toBe(count - 1);

    actor.send({ type: "poke", id: "c2" });
    actor.send({ type: "end" });
    await second.settled();
    expect(actor.getSnapshot().status).toBe("done");
    expect(second.list({ machine: "child", status: "active" })).toEqual([]);
    await second.close();
  });
});

test.each([63, 64])("a machine that ends with %i children goes on showing them, as in XState", async (count) => {
  const store = openSqlite({ file: ":memory:" });
  const first = await openRuntime({ store, machines: { parent } });
  const statusesOf = (actor: ActorRefFrom<typeof parent>) => {
    const seen: number[] = [];
    actor.subscribe(({ children }) => seen.push(Object.keys(children).length));
    actor.send({ type: "spawn", count });
    actor.send({ type: "end" });
    return [seen, shown(actor)];
  };
  const shown = (actor: ActorRefFrom<typeof parent>) =>
    Object.entries(actor.getSnapshot().children).map(([id, ref]) => [id, ref?.getSnapshot().status]);
  const plain = createActor(parent).start();
  const actor = first.createActor("parent", { id: "p" });
  expect(statusesOf(actor)).toEqual(statusesOf(plain));
  expect(shown(actor).length).toBe(count);
  await first.settled();
  first.halt();
  const second = await openRuntime({ store, machines: { parent } });
  expect(shown(second.createActor("parent", { id: "p" }))).toEqual(shown(plain));
  await second.close();
});

test.each([63, 64])("one that has ended with %i children when it is made shows them too", async (count) => {
  const begun = setup({ actors: { child } }).createMachine({
    entry: Array.from({ length: count }, (_, i) => spawnChild("child", { id: `c${i}` })),
    initial: "open",
    states: { open: { always: "ended" }, ended: { type: "final" } },
  });
  const runtime = await openRuntime({ machines: { begun } });
  const ids = Object.keys(runtime.createActor("begun", { id: "p" }).getSnapshot().children);
  expect(ids).toEqual(Object.keys(createActor(begun).start().getSnapshot().children));
  expect(ids.length).toBe(count);
  await runtime.close();
});

test("actions that their author froze are XState's own", async () => {
  const actions = [spawnChild("child", { id: "c" }), assign({ n: 2 }), stopChild("c")].map((action) =>
    Object.freeze(action),
  );
  const frozen = createMachine({ context: { n: 1 }, entry: actions as never }, { actors: { child } });
  const runtime = await openRuntime({ machines: { frozen } });
  expect(runtime.createActor("frozen", { id: "f" }).getSnapshot()).toMatchObject({ context: { n: 2 }, children: {} });
  await runtime.close();
});

describe("the id of a child", () => {
  test("may be a number as in XState, over a restart", async () => {
    const child = setup({}).createMachine({ initial: "a", states: { a: { on: { go: "b" } }, b: {} } });
    const parent = setup({ actors: { child } }).createMachine({
      entry: spawnChild("child", { id: 7 as never }),
      on: { go: { actions: sendTo("7", { type: "go" }) } },
    });
    const store = openSqlite({ file: ":memory:" });
    const first = await openRuntime({ store, machines: { parent } });
    first.createActor("parent", { id: "p" });
    await first.settled();
    first.halt();
    const second = await openRuntime({ store, machines: { parent } });
    second.actor("p")?.send({ type: "go" });
    expect(second.actor("p/7")?.getSnapshot()).toMatchObject({ value: "b" });
    await second.close();
  });

  test("is not __proto__, which no restart would bring back", async () => {
    const child = setup({}).createMachine({});
    const parent = setup({ actors: { child } }).createMachine({ entry: spawnChild("child", { id: "__proto__" }) });
    const runtime = await openRuntime({ machines: { parent } });
    expect(runtime.createActor("parent", { id: "p" }).getSnapshot()).toMatchObject({
      status: "error",
      error: { code: "ACTOR_ID_INVALID" },
    });
    await runtime.close();
  });
});
