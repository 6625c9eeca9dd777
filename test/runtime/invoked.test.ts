import { describe, expect, test } from "vitest";
import { assign, createMachine, fromPromise, setup } from "xstate";
import { openRuntime, type Runtime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { checkStore } from "./crash/check-store.ts";
import { testFolder } from "./folder.fixture.ts";

const never = new Promise<string>(() => undefined);

interface Shape {
  readonly id?: string;
  readonly state?: string;
  readonly invoked?: readonly string[];
}

/** In `state` it waits for what it invokes, without ids, and remembers what the `onDone` of which one heard. */
function orderOf(
  { id = "order", state = "paying", invoked = ["charge"] }: Shape,
  result: (src: string) => Promise<string>,
) {
  const effect = (src: string) => fromPromise(() => result(src));
  return setup({
    types: {} as { context: { heard: string } },
    actors: { charge: effect("charge"), log: effect("log") },
  }).createMachine({
    id,
    context: { heard: "" },
    initial: "idle",
    states: {
      idle: { on: { go: state } },
      [state]: {
        invoke: invoked.map((src) => ({
          src: src as "charge",
          onDone: {
            target: "done",
            actions: assign({ heard: ({ event }) => `${src} heard ${event.output}` }),
          },
        })),
        on: { leave: "done" },
      },
      done: {},
    },
  });
}

const started = async (file: string, shape: Shape): Promise<void> => {
  const runtime = await openRuntime({ file, machines: { order: orderOf(shape, () => never) } });
  await runtime.createActor("order", { id: "o" }).deliver({ type: "go" });
  await runtime.close();
};

const heardBy = async (runtime: Runtime, id: string): Promise<unknown> => {
  const actor = runtime.actor(id);
  await new Promise<void>((resolve) => {
    actor?.subscribe(({ value }) => value === "done" && resolve());
  });
  await runtime.settled();
  return actor?.getSnapshot().context.heard;
};

describe("an invoked actor without an id of its own", () => {
  test.each<readonly [string, Shape, Shape, string]>([
    ["whose state was renamed", {}, { state: "charging" }, "paying"],
    ["whose machine has another id", {}, { id: "orders" }, "paying"],
    ["that another one was put before", {}, { invoked: ["log", "charge"] }, "paying"],
    ["that changed places with another one", { invoked: ["log", "charge"] }, { invoked: ["charge", "log"] }, "paying"],
  ])("%s is heard by its successor, over further restarts and in a fork too", async (_, before, after, old) => {
    const file = `${testFolder()}/orders.db`;
    await started(file, before);
    const { state = old } = after;
    const migrate = { "1": (snapshot: object) => ({ ...snapshot, value: state }) };
    const later = (result: (src: string) => Promise<string>) =>
      openRuntime({ file, machines: { order: { logic: orderOf(after, result), version: "2", migrate } } });
    await (await later(() => never)).close();
    const result = (src: string) => (src === "charge" ? Promise.resolve("charge") : never);
    const runtime = await later(result);
    const [moment] = runtime.history("o").slice(-1);
    const ids = runtime.list({ root: "o" }).map(({ id }) => id);
    expect(await heardBy(runtime, "o")).toBe("charge heard charge");
    expect(ids[1]).toBe(`o/0.order.${old}`);
    runtime.fork("o", moment?.transitionId ?? 0, "f");
    expect(await heardBy(runtime, "f")).toBe("charge heard charge");
    await runtime.close();
    expect(checkStore(file).faults).toEqual([]);
  });

  test("may be an inline one, whose state has another id", async () => {
    const inline = (id: string, result: Promise<string>) =>
      createMachine({
        context: { heard: "" },
        initial: "paying",
        states: {
          paying: {
            id,
            invoke: {
              src: fromPromise(() => result),
              onDone: { target: "done", actions: assign({ heard: ({ event }) => event.output }) },
            },
          },
          done: {},
        },
      });
    const store = openSqlite({ file: ":memory:" });
    const first = await openRuntime({ store, machines: { order: inline("pay", never) } });
    first.createActor("order", { id: "o" });
    await first.close();
    const runtime = await openRuntime({ store, machines: { order: inline("charge", Promise.resolve("paid")) } });
    expect(await heardBy(runtime, "o")).toBe("paid");
    await runtime.close();
  });

  test("ends with its state, under its new name", async () => {
    const file = `${testFolder()}/orders.db`;
    await started(file, {});
    const machines = { order: orderOf({ invoked: ["log", "charge"] }, () => never) };
    const runtime = await openRuntime({ file, machines });
    const members = () => runtime.list({ root: "o" }).map(({ id }) => id);
    expect(members()).toEqual(["o", "o/0.order.paying"]);
    await runtime.createActor("order", { id: "o" }).deliver({ type: "leave" });
    expect(members()).toEqual(["o"]);
    await runtime.close();
  });

  test("is not dropped where the machine invokes it no more, and another one has its name", async () => {
    const file = `${testFolder()}/orders.db`;
    await started(file, { invoked: ["log", "charge"] });
    const result = (src: string) => (src === "charge" ? Promise.resolve("charge") : never);
    const runtime = await openRuntime({ file, machines: { order: orderOf({}, result) } });
    expect(runtime.actor("o/0.order.paying")?.getSnapshot().status).toBe("active");
    expect(await heardBy(runtime, "o")).toBe("charge heard charge");
    await runtime.deliver("o/0.order.paying", { type: "any" });
    await runtime.close();
    expect(checkStore(file).faults).toEqual([]);
  });

  test("is nobody's where the machine invokes it no more, and keeps its name", async () => {
    const file = `${testFolder()}/orders.db`;
    await started(file, {});
    const machines = { order: orderOf({ invoked: [] }, async (src) => src) };
    const runtime = await openRuntime({ file, machines });
    const child = runtime.actor("o/0.order.paying");
    await new Promise<void>((resolve) => void child?.subscribe({ complete: resolve }));
    await runtime.settled();
    expect(Object.keys(runtime.actor("o")?.getSnapshot().children)).toEqual(["0.order.paying"]);
    expect(runtime.list({ root: "o" }).map(({ state, status }) => [state, status])).toEqual([
      ["paying", "active"],
      ["", "done"],
    ]);
    await runtime.close();
  });
});
