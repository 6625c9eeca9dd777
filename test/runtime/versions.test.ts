import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AnyActorRef, fromTransition, setup } from "xstate";
import { type MachineMap, openRuntime, type StoredSnapshot } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
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
    await expect(openRuntime({ store, machines: { parent: without } })).rejects.toThrow(
      '"child" is not among the actors',
    );
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
    for (const part of [
      "3 actors",
      "h1/lamp in dark",
      "h2/lamp in dark",
      "'dark'",
      "p in open",
      "from version 1 to 2",
    ]) {
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

  test("are refused where JavaScript does not keep the order in which they were written", async () => {
    const migrate = { draft: note("draft"), "2": note("2") };
    await expect(openRuntime({ machines: { person: { logic: first, version: "3", migrate } } })).rejects.toMatchObject({
      code: "MIGRATIONS_UNORDERED",
      message: expect.stringMatching(/^person: .* from "2" before the one from "draft"/),
    });
  });
});

describe("a root", () => {
  const reopened = async (machines: MachineMap, name: string) => {
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines });
    runtime.createActor(name, { id: "r" });
    await runtime.close();
    return { store, later: await openRuntime({ store, machines }) };
  };

  test("is found again by the name under which it was made, whatever else its logic is called", async () => {
    const { later } = await reopened({ one: first, other: { logic: first, version: "7" } }, "one");
    expect(later.createActor("one", { id: "r" }).getSnapshot().value).toBe("open");
    expect(later.list()).toMatchObject([{ id: "r", machine: "one", version: "1" }]);
    expect(() => later.createActor("other", { id: "r" })).toThrow(expect.objectContaining({ code: "ACTOR_EXISTS" }));
    await later.close();
  });

  test("of a logic that is no machine is found again, and so is its fork", async () => {
    const machines = { counter: fromTransition((state: { n: number }) => ({ n: state.n + 1 }), { n: 0 }) };
    const { store, later } = await reopened(machines, "counter");
    (later.createActor("counter", { id: "r" }) as AnyActorRef).send({ type: "more" });
    await later.settled();
    later.fork("r", later.history("r")[0]?.transitionId ?? 0, "fork");
    await later.close();
    const last = await openRuntime({ store, machines });
    expect(last.createActor("counter", { id: "r" }).getSnapshot()).toMatchObject({ context: { n: 1 } });
    expect(last.createActor("counter", { id: "fork" }).getSnapshot()).toMatchObject({ context: { n: 0 } });
    await last.close();
  });
});

test("a machine whose definition JSON cannot keep is known again", async () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const fingerprintOf = async (big: bigint): Promise<string | undefined> => {
    const odd = setup({}).createMachine({ meta: { big, circle, again: { circle } } });
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { odd } });
    runtime.createActor("odd", { id: "o" });
    await runtime.settled();
    return store.actorById("o")?.fingerprint;
  };
  const [one, same, other] = [await fingerprintOf(1n), await fingerprintOf(1n), await fingerprintOf(2n)];
  expect(same).toBe(one);
  expect(other).not.toBe(one);
});
