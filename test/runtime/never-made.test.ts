import { describe, expect, test } from "vitest";
import { type AnyActorRef, fromTransition, setup } from "xstate";
import { type MachineMap, openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

const order = setup({ types: {} as { context: { sku: string }; input: { sku: string } } }).createMachine({
  initial: "open",
  context: ({ input }) => ({ sku: input.sku }),
  states: { open: {} },
});
const tally = fromTransition(
  (state: { n: number }) => state,
  ({ input }) => ({ n: (input as { n: number }).n }),
);
const machines: MachineMap = { order, tally };

function made(runtime: Awaited<ReturnType<typeof openRuntime>>, name: string, input?: object): AnyActorRef {
  const actor = runtime.createActor(name, { id: "r", input } as never) as AnyActorRef;
  actor.subscribe({ error: () => undefined });
  return actor;
}

describe("a root that failed as it was made, as nobody gave it its input", () => {
  test.each([
    ["order", { sku: "A7" }],
    ["tally", { n: 7 }],
  ])("is made anew when it is asked for again: %s", async (name, input) => {
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines });
    const failed = made(runtime, name);
    expect([failed.getSnapshot().status, made(runtime, name) === failed]).toEqual(["error", true]);
    await runtime.settled();
    const anew = made(runtime, name, input);
    expect(anew.getSnapshot()).toMatchObject({ status: "active", context: input });
    await runtime.settled();
    expect(made(runtime, name)).toBe(anew);
    expect(runtime.list().map(({ id, status }) => [id, status])).toEqual([["r", "active"]]);
    await runtime.close();
    const later = await openRuntime({ store, machines });
    expect(made(later, name).getSnapshot()).toMatchObject({ status: "active", context: input });
    await later.close();
  });

  test("is so after a restart too, and what is known of the first one stays", async () => {
    const store = openSqlite({ file: ":memory:" });
    const first = await openRuntime({ store, machines });
    made(first, "order");
    await first.close();
    const runtime = await openRuntime({ store, machines });
    expect(made(runtime, "order", { sku: "A7" }).getSnapshot()).toMatchObject({ status: "active" });
    await runtime.settled();
    const types = (no: number) => store.journalOf(no).map(({ event }) => (JSON.parse(event) as { type: string }).type);
    expect([types(1), types(store.actorById("r")?.no ?? 0)]).toEqual([["xstate.init", "pawl.left"], ["xstate.init"]]);
    expect(store.actorByNo(1)).toMatchObject({ id: "r", status: "error" });
    await runtime.close();
  });

  test("takes what it had begun with it", async () => {
    const store = openSqlite({ file: ":memory:" });
    const runs: string[] = [];
    const child = setup({}).createMachine({ entry: () => runs.push("child"), on: { more: {} } });
    const parent = setup({ actors: { child } }).createMachine({
      context: ({ spawn, input }) => ({ child: spawn("child", { id: "c" }), sku: (input as { sku: string }).sku }),
    });
    const runtime = await openRuntime({ store, machines: { parent } });
    made(runtime, "parent");
    await runtime.settled();
    const before = runs.length;
    made(runtime, "parent", { sku: "A7" });
    await runtime.settled();
    expect(runs.length - before).toBe(1);
    expect(runtime.list().map(({ id, status }) => [id, status])).toEqual([
      ["r", "active"],
      ["r/c", "active"],
    ]);
    await runtime.close();
  });
});

test.each([
  ["an action of its first state", { entry: "fail" }],
  ["an event", { on: { go: { actions: "fail" } } }],
])("a root that failed by %s is found as it is", async (_, config) => {
  const machine = setup({
    actions: {
      fail: () => {
        throw new Error("no");
      },
    },
  }).createMachine(config as never);
  const runtime = await openRuntime({ file: ":memory:", machines: { machine } });
  const find = () => runtime.createActor(machine, { id: "r" }) as AnyActorRef;
  const actor = find();
  actor.subscribe({ error: () => undefined });
  actor.start();
  actor.send({ type: "go" });
  await runtime.settled();
  expect([find() === actor, actor.getSnapshot().status]).toEqual([true, "error"]);
  await runtime.close();
});
