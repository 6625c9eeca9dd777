import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { setup } from "xstate";
import { openRuntime, type StoredSnapshot } from "../../src/runtime/index.ts";
import { openSqlite, openSqliteReader } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { checkStore } from "./crash/check-store.ts";
import { testFolder } from "./folder.fixture.ts";

const first = setup({ types: {} as { context: { name: string } } }).createMachine({
  context: { name: "Ann Lee" },
  initial: "open",
  states: { open: {} },
});
const second = setup({ types: {} as { context: { given: string; family: string } } }).createMachine({
  context: { given: "", family: "" },
  initial: "active",
  states: { active: { on: { end: "closed" } }, closed: {} },
});

async function stored() {
  const store = openSqlite({ file: ":memory:" });
  const runtime = await openRuntime({ store, machines: { person: { logic: first, version: "1" } } });
  runtime.createActor("person", { id: "p" });
  await runtime.close();
  return store;
}

describe("a machine that has changed", () => {
  test("is refused without migrate functions, with the actors and what is missing", async () => {
    const store = await stored();
    await expect(openRuntime({ store, machines: { person: { logic: second, version: "2" } } })).rejects.toThrow(
      "1 actors were stored by another version of their machine: p in open (no migrate function from version 1 to 2)",
    );
  });

  test("is noticed under the same version when a state is gone", async () => {
    const store = await stored();
    await expect(openRuntime({ store, machines: { person: { logic: second, version: "1" } } })).rejects.toThrow(
      "'open'",
    );
  });

  test("takes its actors along through the migrate functions between", async () => {
    const store = await stored();
    const runtime = await openRuntime({
      store,
      machines: {
        person: {
          logic: second,
          version: "3",
          migrate: {
            "1": (snapshot) => ({ ...snapshot, value: "active" }),
            "2": (snapshot) => {
              const [given, family] = (snapshot["context"] as { name: string }).name.split(" ");
              return { ...snapshot, context: { given, family } };
            },
          },
        },
      },
    });
    const actor = runtime.createActor("person", { id: "p" });
    expect(actor.getSnapshot().value).toBe("active");
    expect(actor.getSnapshot().context).toEqual({ given: "Ann", family: "Lee" });
    await runtime.settled();
    expect(runtime.list()).toMatchObject([{ id: "p", version: "3", state: "active" }]);
    await runtime.close();
  });

  test("never drops a child whose logic is gone", async () => {
    const child = setup({}).createMachine({});
    const withChild = setup({ actors: { child } }).createMachine({ invoke: { src: "child", id: "c" } });
    const without = setup({ actors: {} }).createMachine({});
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { parent: withChild } });
    runtime.createActor("parent", { id: "p" });
    await runtime.close();
    await expect(openRuntime({ store, machines: { parent: without } })).rejects.toMatchObject({
      message: expect.stringContaining('"child" is not among the actors'),
      fix: expect.stringContaining("what was renamed is registered under both names"),
    });
    const renamed = setup({ actors: { kid: child, child } }).createMachine({ invoke: { src: "kid", id: "c" } });
    const again = await openRuntime({ store, machines: { parent: renamed } });
    expect(again.list({ root: "p" })).toMatchObject([{ id: "p" }, { id: "p/c", status: "active" }]);
    await again.close();
  });

  test("is refused with every actor that does not fit, children among them, and nothing is changed", async () => {
    const machineOf = (lamp: string, house: string) => {
      const child = setup({}).createMachine({ initial: lamp, states: { [lamp]: {} } });
      return setup({ actors: { lamp: child } }).createMachine({
        invoke: { src: "lamp", id: "lamp" },
        initial: house,
        states: { [house]: {} },
      });
    };
    const store = openSqlite({ file: ":memory:" });
    const before = { house: machineOf("dark", "empty"), person: first };
    const runtime = await openRuntime({ store, machines: before });
    runtime.createActor("house", { id: "h1" });
    runtime.createActor("house", { id: "h2" });
    runtime.createActor("person", { id: "p" });
    await runtime.close();
    const refused = openRuntime({
      store,
      machines: { house: machineOf("off", "empty"), person: { logic: second, version: "2" } },
    });
    await expect(refused).rejects.toMatchObject({
      code: "MACHINE_CHANGED",
      fix: expect.stringContaining("migrate functions"),
    });
    const words = String(await refused.catch((error: unknown) => error));
    for (const part of ["3 actors", "h1/lamp, h2/lamp in dark", "'dark'", "p in open", "from version 1 to 2"]) {
      expect(words).toContain(part);
    }
    const again = await openRuntime({ store, machines: before });
    expect(again.list().map(({ id, state, version }) => [id, state, version])).toEqual([
      ["h1", "empty", "1"],
      ["h1/lamp", "dark", "1"],
      ["h2", "empty", "1"],
      ["h2/lamp", "dark", "1"],
      ["p", "open", "1"],
    ]);
    await again.close();
  });

  test("is refused with a few of many actors that want the same, so that what others want is said too", async () => {
    const store = openSqlite({ file: ":memory:" });
    const before = await openRuntime({ store, machines: { person: first, other: first } });
    for (let number = 1; number <= 50; number += 1) {
      before.createActor("person", { id: `p${number}` });
    }
    before.createActor("other", { id: "o" });
    await before.close();
    await expect(openRuntime({ store, machines: { person: { logic: first, version: "2" } } })).rejects.toThrow(
      "51 actors were stored by another version of their machine: " +
        "p1, p2, p3 and 47 more in open (no migrate function from version 1 to 2); " +
        'o in open ("other" is not among the registered machines)',
    );
  });

  test("is refused, and leaves the file to whoever opens it next", async () => {
    const file = join(testFolder(), "people.db");
    const before = await openRuntime({ file, machines: { person: first } });
    before.createActor("person", { id: "p" });
    await before.close();
    await expect(openRuntime({ file, machines: { person: second } })).rejects.toMatchObject({
      code: "MACHINE_CHANGED",
    });
    const again = await openRuntime({ file, machines: { person: first } });
    expect(again.list()).toMatchObject([{ id: "p", state: "open" }]);
    await again.close();
  });

  test("is refused when it is not registered any more", async () => {
    const store = await stored();
    await expect(openRuntime({ store, machines: {} })).rejects.toThrow(
      'p in open ("person" is not among the registered machines)',
    );
  });

  test.each([
    ["the machine itself", (logic: typeof first) => ({ parent: logic })],
    [
      "one of a child",
      (logic: typeof first) => ({
        parent: setup({ actors: { child: logic } }).createMachine({ invoke: { src: "child", id: "kid" } }),
      }),
    ],
  ])("is refused at once when only sleeping actors do not fit: %s", async (_, machinesOf) => {
    const clock = simulatedClock();
    const store = openSqlite({ file: ":memory:", clock });
    const open = (logic: typeof first) =>
      openRuntime({ store, clock, machines: machinesOf(logic), passivateAfterMs: 10 });
    const runtime = await open(first);
    runtime.createActor("parent", { id: "p" });
    await runtime.settled();
    clock.advance(100);
    expect(runtime.list()).toMatchObject([{ asleep: true }, {}].slice(0, runtime.list().length));
    await runtime.close();
    await expect(open(second as never)).rejects.toMatchObject({
      code: "MACHINE_CHANGED",
      message: expect.stringContaining("in open ("),
    });
    const again = await open(first);
    expect(again.list()[0]).toMatchObject({ id: "p", asleep: true });
    await again.close();
  });

  test("is brought up to date when a sleeping actor of it wakes", async () => {
    const clock = simulatedClock();
    const store = openSqlite({ file: ":memory:", clock });
    const runtime = await openRuntime({
      store,
      clock,
      machines: { person: { logic: first, version: "1", passivateAfterMs: 10 } },
    });
    runtime.createActor("person", { id: "p" });
    await runtime.settled();
    clock.advance(100);
    expect(runtime.list()).toMatchObject([{ asleep: true }]);
    await runtime.close();
    const migrate = { "1": () => ({ status: "active", value: "active", context: { given: "Ann", family: "Lee" } }) };
    const later = await openRuntime({ store, clock, machines: { person: { logic: second, version: "2", migrate } } });
    expect(later.createActor("person", { id: "p" }).getSnapshot()).toMatchObject({
      value: "active",
      context: { given: "Ann", family: "Lee" },
    });
    await later.settled();
    expect(later.list()).toMatchObject([{ version: "2", state: "active", asleep: false }]);
    await later.close();
  });

  test("that only got new states, or other actions, goes on without a migrate function", async () => {
    const store = await stored();
    const more = setup({ types: {} as { context: { name: string } } }).createMachine({
      context: { name: "" },
      initial: "open",
      states: { open: { on: { end: "closed" } }, closed: {} },
    });
    const runtime = await openRuntime({ store, machines: { person: { logic: more, version: "1" } } });
    const actor = runtime.createActor("person", { id: "p" });
    actor.send({ type: "end" });
    expect([actor.getSnapshot().value, actor.getSnapshot().context.name]).toEqual(["closed", "Ann Lee"]);
    await runtime.close();
  });

  test("has its migration in its history, and what follows builds on it", async () => {
    const file = join(testFolder(), "people.db");
    const before = await openRuntime({ file, machines: { person: { logic: first, version: "1" } } });
    before.createActor("person", { id: "p" });
    await before.close();
    const migrate = {
      "1": (snapshot: StoredSnapshot) => ({ ...snapshot, value: "active", context: { given: "Ann", family: "Lee" } }),
    };
    const runtime = await openRuntime({ file, machines: { person: { logic: second, version: "2", migrate } } });
    runtime.createActor("person", { id: "p" }).send({ type: "end" });
    await runtime.settled();
    const history = runtime.history("p");
    expect(history.map(({ event, from, to }) => [event.type, from, to])).toEqual([
      ["xstate.init", undefined, "open"],
      ["pawl.migrated", "open", "active"],
      ["end", "active", "closed"],
    ]);
    expect(history.map(({ transitionId }) => runtime.at("p", transitionId).context)).toEqual([
      { name: "Ann Lee" },
      { given: "Ann", family: "Lee" },
      { given: "Ann", family: "Lee" },
    ]);
    const fork = runtime.fork("p", history[1]?.transitionId ?? 0, "q");
    // A moment before the migration is of the old version: it is migrated too.
    const older = runtime.fork("p", history[0]?.transitionId ?? 0, "r");
    for (const actor of [fork, older]) {
      expect(actor.getSnapshot()).toMatchObject({ value: "active", context: { given: "Ann", family: "Lee" } });
    }
    await runtime.close();
    const reader = openSqliteReader(file);
    const audits = reader.prepare(
      'SELECT from_state, to_state, "trigger", metadata FROM state_transitions WHERE entity_id = ?',
    );
    const migrated = ["open", "active", "migrate", '{"from":"1","to":"2"}'];
    expect(audits.raw().all("p").slice(-2)).toEqual([migrated, ["active", "closed", "end", "{}"]]);
    expect(audits.raw().all("r")).toEqual([migrated]);
    reader.close();
    expect(checkStore(file).faults).toEqual([]);
  });

  test.each([
    ["throws", () => expect.fail("no such name"), "no such name"],
    ["leads to a state that is not there", (s: StoredSnapshot) => ({ ...s, value: "shut" }), "'shut'"],
  ])("is refused when its migrate function %s", async (_, step, words) => {
    const store = await stored();
    const machines = { person: { logic: second, version: "2", migrate: { "1": step } } };
    const refused = openRuntime({ store, machines });
    await expect(refused).rejects.toMatchObject({ code: "MACHINE_CHANGED" });
    await expect(refused).rejects.toThrow(words);
  });

  test("is refused when a history state leads back to a state that is gone", async () => {
    const machineOf = (left: string) =>
      setup({}).createMachine({
        id: "player",
        initial: "playing",
        states: {
          playing: { initial: left, states: { [left]: {}, back: { type: "history" } }, on: { pause: "paused" } },
          paused: { on: { play: "playing.back" } },
        },
      });
    const store = openSqlite({ file: ":memory:" });
    const before = await openRuntime({ store, machines: { player: machineOf("fast") } });
    before.createActor("player", { id: "p" }).send({ type: "pause" });
    await before.close();
    await expect(openRuntime({ store, machines: { player: machineOf("slow") } })).rejects.toThrow(
      "p in paused (Child state 'fast' does not exist",
    );
  });
});
