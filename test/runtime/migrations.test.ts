import { describe, expect, test } from "vitest";
import { createMachine, setup } from "xstate";
import { type Ids, systemIds } from "../../src/base/ids.ts";
import { openRuntime, type StoredSnapshot } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";

const first = setup({ types: {} as { context: { name: string } } }).createMachine({
  context: { name: "Ann Lee" },
  initial: "open",
  states: { open: {} },
});

describe("migrate functions", () => {
  const note = (step: string) => (snapshot: StoredSnapshot) => ({
    ...snapshot,
    context: { name: `${(snapshot["context"] as { name: string }).name} ${step}` },
  });

  test.each([
    ["1", ["1", "1.5", "2"], " 1 1.5 2"],
    ["1.5", ["1", "1.5", "2"], " 1.5 2"],
    ["1.0", ["1.0", "2"], " 1.0 2"],
    ["1.9", ["1.9", "1.10", "1.2"], " 1.9 1.10"],
    ["draft", ["draft", "v2"], " draft v2"],
  ])("from version %s, of those for %j, are applied as%s", async (version, versions, steps) => {
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { person: { logic: first, version } } });
    runtime.createActor("person", { id: "p" });
    await runtime.close();
    const migrate = Object.fromEntries(versions.map((from) => [from, note(from)]));
    const later = await openRuntime({ store, machines: { person: { logic: first, version: "last", migrate } } });
    expect(later.createActor("person", { id: "p" }).getSnapshot().context.name).toBe(`Ann Lee${steps}`);
    await later.close();
  });

  const stored = async () => {
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { person: { logic: first, version: "1" } } });
    runtime.createActor("person", { id: "o" });
    runtime.createActor("person", { id: "p" });
    await runtime.close();
    return store;
  };

  test.each<readonly [unknown, string]>([
    [undefined, "undefined, not a snapshot"],
    [Promise.resolve({}), "a promise, not a snapshot"],
    [{ context: {} }, "a snapshot whose value is undefined"],
    [{ value: "open" }, "a snapshot whose context is undefined"],
    [{ value: "open", context: {}, status: "asleep" }, "a snapshot whose status is 'asleep'"],
    [{ value: "open", context: { f: test } }, "what cannot be kept: snapshot.context.f is a function"],
  ])(
    "are refused where they return %o, with the version they start from, and nothing is changed",
    async (given, fault) => {
      const store = await stored();
      const migrate = {
        "1": (snapshot: StoredSnapshot, { id }: { id: string }) => (id === "o" ? snapshot : (given as never)),
      };
      await expect(
        openRuntime({ store, machines: { person: { logic: first, version: "2", migrate } } }),
      ).rejects.toMatchObject({
        code: "MACHINE_CHANGED",
        message: expect.stringContaining(
          `1 actors were stored by another version of their machine: p in open (the migrate function from version 1 returned ${fault})`,
        ),
      });
      const runtime = await openRuntime({ store, machines: { person: { logic: first, version: "1" } } });
      expect(runtime.list().map(({ id, version }) => [id, version])).toEqual([
        ["o", "1"],
        ["p", "1"],
      ]);
      await runtime.close();
    },
  );

  const rooms = createMachine({
    id: "house",
    context: {},
    initial: "open",
    states: { open: { initial: "hall", states: { hall: {}, last: { type: "history" } } }, shut: {} },
  });

  test.each<readonly [object, string]>([
    [{ value: "constructor" }, "Child state 'constructor' does not exist on 'house'"],
    [{ value: "__proto__" }, "Child state '__proto__' does not exist on 'house'"],
    [{ value: { open: "toString" } }, "Child state 'toString' does not exist on 'house.open'"],
    [{ value: { constructor: "hall" } }, "Child state 'constructor' does not exist on 'house'"],
    [{ value: { shut: "hall" } }, "Child state 'hall' does not exist on 'house.shut'"],
    [{ value: ["open"] }, "Child state '0' does not exist on 'house'"],
    [{ historyValue: 5 }, "historyValue is 5, not lists of states with their ids by the id of a history state"],
    [{ historyValue: null }, "historyValue is null, not lists"],
    [{ historyValue: [] }, "historyValue is [], not lists"],
    [{ historyValue: { "house.open.last": 5 } }, "historyValue is { 'house.open.last': 5 }, not lists"],
    [{ historyValue: { "house.open.last": [{}] } }, "historyValue is { 'house.open.last': [ {} ] }, not lists"],
    [
      { historyValue: { "house.open.last": ["house.shut"] } },
      "historyValue is { 'house.open.last': [ 'house.shut' ] }",
    ],
    [{ historyValue: { "house.open.last": [{ id: "house.attic" }] } }, "Child state 'attic' does not exist on 'house'"],
    [{ historyValue: { "house.valueOf": [] } }, "Child state 'house.valueOf' does not exist on 'house'"],
  ])("are refused where nothing can go on from the %o that they return", async (given, fault) => {
    const store = await stored();
    const migrate = { "1": (snapshot: StoredSnapshot) => ({ ...snapshot, value: "shut", ...given }) };
    await expect(
      openRuntime({ store, machines: { person: { logic: rooms, version: "2", migrate } } }),
    ).rejects.toMatchObject({ code: "MACHINE_CHANGED", message: expect.stringContaining(`in open (${fault}`) });
    store.close();
  });

  test("may lead into states, and say where history leads back to", async () => {
    const store = await stored();
    const past = { "house.open.last": [{ id: "house.open.hall" }] };
    const migrate = { "1": (snapshot: StoredSnapshot) => ({ ...snapshot, value: { open: {} }, historyValue: past }) };
    const runtime = await openRuntime({ store, machines: { person: { logic: rooms, version: "2", migrate } } });
    const { value, historyValue } = runtime.createActor("person", { id: "o" }).getSnapshot();
    expect([value, Object.keys(historyValue)]).toEqual([{ open: "hall" }, ["house.open.last"]]);
    await runtime.close();
  });

  test.each(["done", "error"])("may end an actor, as %s", async (status) => {
    const store = await stored();
    const migrate = { "1": (snapshot: StoredSnapshot) => ({ ...snapshot, status, error: "too old" }) };
    const machines = { person: { logic: first, version: "2", migrate } };
    const runtime = await openRuntime({ store, machines });
    await runtime.settled();
    const shown: unknown[] = [];
    runtime.actor("p")?.subscribe({ complete: () => shown.push("done"), error: (error: unknown) => shown.push(error) });
    expect(shown).toEqual(status === "error" ? ["too old"] : ["done"]);
    await runtime.close();
  });

  test("may leave the status undefined, which stays as it was", async () => {
    const store = await stored();
    const migrate = { "1": (snapshot: StoredSnapshot) => ({ ...snapshot, status: undefined }) };
    const runtime = await openRuntime({ store, machines: { person: { logic: first, version: "2", migrate } } });
    expect(runtime.actor("p")?.getSnapshot().status).toBe("active");
    await runtime.close();
  });

  test("whose outcome cannot be recorded leave nothing behind of the actors before it", async () => {
    const store = await stored();
    const { next } = systemIds();
    let left = 1;
    const ids: Ids = {
      next: (now) => {
        left -= 1;
        if (left < 0) {
          throw new Error("no id is left");
        }
        return next(now);
      },
    };
    const logic = setup({}).createMachine({ initial: "shut", states: { shut: {} } });
    const migrate = { "1": (snapshot: StoredSnapshot) => ({ ...snapshot, value: "shut" }) };
    const machines = { person: { logic, version: "2", migrate } };
    await expect(openRuntime({ store, ids, machines })).rejects.toThrow("no id is left");
    await new Promise((resolve) => setImmediate(resolve));
    expect(store.listActors({}).map(({ id, version }) => [id, version])).toEqual([
      ["o", "1"],
      ["p", "1"],
    ]);
  });

  test("end the `after` of a state that they lead out of", async () => {
    const clock = simulatedClock();
    const store = openSqlite({ file: ":memory:", clock });
    const logic = createMachine({
      initial: "idle",
      states: { idle: { on: { pay: "paying" } }, paying: { after: { 1000: "expired" } }, expired: {} },
    });
    const runtime = await openRuntime({ store, clock, machines: { order: { logic, version: "1" } } });
    await runtime.createActor("order", { id: "o" }).deliver({ type: "pay" });
    await runtime.close();
    const migrate = { "1": (snapshot: StoredSnapshot) => ({ ...snapshot, value: "idle" }) };
    const later = await openRuntime({ store, clock, machines: { order: { logic, version: "2", migrate } } });
    const actor = later.createActor("order", { id: "o" });
    clock.advance(900);
    await actor.deliver({ type: "pay" });
    clock.advance(999);
    expect(actor.getSnapshot().value).toBe("paying");
    clock.advance(1);
    expect(actor.getSnapshot().value).toBe("expired");
    await later.close();
  });

  test("are refused where JavaScript does not keep the order in which they were written", async () => {
    const migrate = { draft: note("draft"), "2": note("2") };
    await expect(openRuntime({ machines: { person: { logic: first, version: "3", migrate } } })).rejects.toMatchObject({
      code: "MIGRATIONS_UNORDERED",
      message: expect.stringMatching(/^person: .* from "2" before the one from "draft"/),
    });
  });
});
