import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createActor, createMachine, fromTransition, setup, waitFor } from "xstate";
import { openRuntime, PawlError } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { testFolder } from "./folder.fixture.ts";
import { order, orderWith } from "./order.fixture.ts";

describe("an actor made by name", () => {
  test("is started, and is found by its id again", async () => {
    const runtime = await openRuntime({ machines: { order } });
    const actor = runtime.createActor("order", { id: "order-1", input: { sku: "A7" } });
    expect(actor.getSnapshot().value).toBe("placed");
    expect(runtime.createActor("order", { id: "order-1", input: { sku: "B8" } })).toBe(actor);
    expect(actor.getSnapshot().context.sku).toBe("A7");
    await runtime.close();
  });

  test("goes on where it was when the process is gone", async () => {
    const file = join(testFolder(), "orders.db");
    const first = await openRuntime({ file, machines: { order } });
    first.createActor("order", { id: "order-1", input: { sku: "A7" } }).send({ type: "PAY", amount: 3 });
    await first.settled();
    first.halt();

    const second = await openRuntime({ file, machines: { order } });
    const actor = second.createActor("order", { id: "order-1", input: { sku: "other" } });
    expect(actor.getSnapshot().value).toBe("paying");
    expect(actor.getSnapshot().context).toEqual({ sku: "A7", amount: 3, receipt: undefined, madeAt: new Date(0) });
    await second.close();
  });

  test("loses what was not committed, and nothing else, when it is halted", async () => {
    const file = join(testFolder(), "orders.db");
    const first = await openRuntime({ file, machines: { order } });
    const actor = first.createActor("order", { id: "order-1", input: { sku: "A7" } });
    await first.settled();
    actor.send({ type: "CANCEL", operator: "ann" });
    first.halt();

    const second = await openRuntime({ file, machines: { order } });
    expect(second.list().map(({ id, state }) => [id, state])).toEqual([["order-1", "placed"]]);
    await second.close();
  });

  test("keeps its end: a done actor is found done", async () => {
    const file = join(testFolder(), "orders.db");
    const first = await openRuntime({ file, machines: { order } });
    first.createActor("order", { id: "o", input: { sku: "A7" } }).send({ type: "CANCEL", operator: "ann" });
    await first.close();
    const second = await openRuntime({ file, machines: { order } });
    const snapshot = second.createActor("order", { id: "o", input: { sku: "A7" } }).getSnapshot();
    expect([snapshot.status, snapshot.value]).toEqual(["done", "cancelled"]);
    await second.close();
  });

  test("refuses a machine that is not registered, naming those that are", async () => {
    const runtime = await openRuntime({ machines: { order } });
    expect(() => runtime.createActor("ordr" as "order", { input: { sku: "" } })).toThrow(
      'no machine "ordr" is registered',
    );
    await runtime.close();
  });

  test("refuses an id that another machine uses", async () => {
    const other = createMachine({});
    const runtime = await openRuntime({ machines: { order, other } });
    runtime.createActor("order", { id: "x", input: { sku: "" } });
    expect(() => runtime.createActor("other", { id: "x" })).toThrow(PawlError);
    await runtime.close();
  });
});

describe("an actor made from its logic, as in XState", () => {
  test("is durable when the logic is registered, and is started by the caller", async () => {
    const machine = orderWith(async () => "r-1");
    const runtime = await openRuntime({ machines: { order: machine } });
    const actor = runtime.createActor(machine, { id: "o", input: { sku: "A7" } });
    const emitted: string[] = [];
    actor.on("paid", ({ receipt }) => emitted.push(receipt));
    actor.start();
    actor.send({ type: "PAY", amount: 1 });
    await waitFor(actor, (snapshot) => snapshot.matches("paid"));
    await runtime.settled();
    expect(emitted).toEqual(["r-1"]);
    expect(runtime.list({ machine: "order" })).toMatchObject([{ id: "o", state: "paid" }]);
    await runtime.close();
  });

  test("may be made by what was taken out of the runtime, as if it were imported", async () => {
    const runtime = await openRuntime({ machines: { order } });
    const { createActor } = runtime;
    createActor("order", { id: "named", input: { sku: "A7" } });
    createActor(order, { id: "passed", input: { sku: "A7" } }).start();
    expect(createActor(setup({}).createMachine({})).start().getSnapshot().status).toBe("active");
    await runtime.settled();
    expect(runtime.list().map(({ id }) => id)).toEqual(["named", "passed"]);
    await runtime.close();
  });

  test("is stored when it is started: a crash before that leaves its actions and its timers to the next one", async () => {
    const ran: string[] = [];
    const child = setup({}).createMachine({});
    const waiting = setup({ actors: { child }, actions: { tell: () => ran.push("entry") } }).createMachine({
      invoke: { src: "child", id: "c" },
      entry: "tell",
      initial: "a",
      states: { a: { after: { 1000: "b" } }, b: {} },
    });
    const store = openSqlite({ file: ":memory:" });
    const clock = simulatedClock();
    const options = { store, clock, machines: { waiting, order }, passivateAfterMs: 100 };
    const first = await openRuntime(options);
    const unstarted = first.createActor(waiting, { id: "w" });
    // Others go on meanwhile, under numbers that are higher.
    first.createActor("order", { id: "o", input: { sku: "A7" } }).send({ type: "CANCEL", operator: "ann" });
    await first.settled();
    clock.advance(500);
    expect(first.actor("w")).toBe(unstarted);
    expect(unstarted.getSnapshot().value).toBe("a");
    expect(first.list().map(({ id }) => id)).toEqual(["o"]);
    first.halt();

    const second = await openRuntime(options);
    const actor = second.createActor(waiting, { id: "w" });
    actor.start();
    await second.settled();
    expect(ran).toEqual(["entry"]);
    expect(second.list().map(({ id }) => id)).toEqual(["o", "w", "w/c"]);
    second.halt();

    const third = await openRuntime(options);
    clock.advance(1_000);
    await third.settled();
    expect(third.history("w").map(({ event, to }) => [event.type, to])).toEqual([
      ["xstate.init", "a"],
      ["xstate.after.1000.(machine).a", "b"],
    ]);
    expect(ran).toEqual(["entry"]);
    await third.close();
  });

  test("lives as long as the process when it is not registered, and is refused where that is strict", async () => {
    const counter = fromTransition((count: number, _event: { type: "any" }) => count + 1, 0);
    const loose = await openRuntime({ machines: {} });
    const actor = loose.createActor(counter).start();
    actor.send({ type: "any" });
    expect(actor.getSnapshot().context).toBe(1);
    expect(loose.list()).toEqual([]);
    await loose.close();
    const strict = await openRuntime({ machines: {}, strict: true });
    expect(() => strict.createActor(counter)).toThrow("its logic is not registered");
    await strict.close();
  });

  test("gives a child of inline logic an error that names the fix", async () => {
    const parent = createMachine({
      initial: "a",
      states: { a: { on: { go: { actions: ({ self }) => self } } } },
      entry: [],
    });
    const spawner = setup({ types: {} as { context: { child?: unknown } } }).createMachine({
      context: ({ spawn }) => ({ child: (spawn as (logic: unknown) => unknown)(parent) }),
    });
    const runtime = await openRuntime({ machines: { spawner } });
    const actor = runtime.createActor(spawner, { id: "s" });
    const { error } = actor.getSnapshot() as { error: PawlError };
    expect(error.code).toBe("LOGIC_NOT_REGISTERED");
    expect(error.fix).toContain("setup");
    await runtime.close();
  });

  test("refuses a machine whose other implementations a restart would not know", async () => {
    const machine = setup({ actions: { greet: () => undefined } }).createMachine({
      on: { hello: { actions: "greet" } },
    });
    const provided = machine.provide({ actions: { greet: () => undefined } });
    for (const [registered, other] of [
      [machine, provided],
      [provided, machine],
    ] as const) {
      const runtime = await openRuntime({ machines: { host: registered } });
      expect(() => runtime.createActor(other, { id: "h" })).toThrow(
        expect.objectContaining({ code: "LOGIC_PROVIDED", fix: expect.stringContaining('createActor("host")') }),
      );
      expect(runtime.createActor(registered, { id: "h" }).start().getSnapshot().status).toBe("active");
      await runtime.close();
    }
  });

  test("knows two machines of one structure apart", async () => {
    const machine = setup({ actions: { greet: () => undefined } }).createMachine({});
    const provided = machine.provide({ actions: { greet: () => undefined } });
    const runtime = await openRuntime({ machines: { plain: machine, provided } });
    runtime.createActor(machine, { id: "m" }).start();
    runtime.createActor(provided, { id: "p" }).start();
    await runtime.settled();
    expect(runtime.list().map(({ id, machine }) => [id, machine])).toEqual([
      ["m", "plain"],
      ["p", "provided"],
    ]);
    await runtime.close();
  });

  test("leaves plain XState as it was for a machine that both run", async () => {
    const runtime = await openRuntime({ machines: { order } });
    runtime.createActor("order", { id: "o", input: { sku: "A7" } }).send({ type: "PAY", amount: 1 });
    const plain = createActor(order, { input: { sku: "B8" } }).start();
    plain.send({ type: "PAY", amount: 2 });
    expect(plain.getSnapshot().value).toBe("paying");
    await runtime.settled();
    expect(runtime.list({ machine: "order" }).length).toBe(1);
    await runtime.close();
  });
});

describe("a runtime that was closed", () => {
  test("says so to whoever sends", async () => {
    const runtime = await openRuntime({ machines: { order } });
    const actor = runtime.createActor("order", { id: "o", input: { sku: "A7" } });
    await runtime.close();
    expect(() => actor.send({ type: "PAY", amount: 1 })).toThrow("does not accept events any more: it was closed");
  });
});
