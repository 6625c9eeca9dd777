import { describe, expect, test } from "vitest";
import { createMachine, fromTransition, SimulatedClock } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/index.ts";
import { unhandledErrors } from "./unhandled.fixture.ts";

const lamp = createMachine({});
const count = (n: number): number => n + 1;
const counter = fromTransition(count, 0);
const machines = { lamp, counter };

describe("openRuntime", () => {
  test.each([
    [undefined, "machines"],
    [{}, "machines"],
    [{ machines: null }, "machines"],
    [{ machines: { lamp, x: undefined } }, "machines.x"],
    [{ machines: { x: {} } }, "machines.x"],
    [{ machines: { x: { logic: undefined } } }, "machines.x"],
    [{ machines: { x: "lamp" } }, "machines.x"],
  ])("refuses %o, and names what is no machine", async (options, place) => {
    const refused = { code: "MACHINE_INVALID", values: { place }, fix: expect.stringContaining("createMachine()") };
    await expect(openRuntime(options as never)).rejects.toMatchObject(refused);
  });

  test.each(["ful", "FULL", "", null, 7])("refuses %o as a durability, which would be the weaker one", async (how) => {
    const refused = { code: "DURABILITY_UNKNOWN", fix: expect.stringContaining('"full"') };
    await expect(openRuntime({ machines, durability: how as never })).rejects.toMatchObject(refused);
  });

  test.each([
    [new SimulatedClock(), "monotonic()"],
    [{}, "now(), monotonic(), setTimeout(), clearTimeout()"],
  ])("refuses %o for a clock, and says what it lacks", async (clock, missing) => {
    const refused = { code: "CLOCK_INVALID", values: { missing }, fix: expect.stringContaining("simulatedClock()") };
    await expect(openRuntime({ machines, clock: clock as never })).rejects.toMatchObject(refused);
  });

  test("takes a clock that tells fractions of a millisecond: all that is kept has whole ones", async () => {
    const clock = simulatedClock(1_000.25);
    const blink = createMachine({ initial: "on", states: { on: { after: { 0.5: "off" } }, off: {} } });
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, clock, machines: { blink } });
    const { id } = runtime.createActor("blink", {});
    await runtime.settled();
    clock.advance(1.5);
    await runtime.settled();
    expect(runtime.history(id)).toMatchObject([{ at: "1970-01-01T00:00:01.000Z" }, { to: "off" }]);
    expect(store.counters().lastCommitAt).toBe(1_001);
    await runtime.close();
  });

  test.each([
    ["openRuntime", { fiel: "orders.db" }, '"fiel" (file?)'],
    ["openRuntime", { database: "orders.db" }, '"database"'],
    ["openRuntime: machines.x", { machines: { x: { logic: lamp, migrations: {} } } }, '"migrations"'],
    ["openRuntime: machines.x", { machines: { x: { logic: lamp, versoin: "2" } } }, '"versoin" (version?)'],
  ])("%s refuses %o: an option that is misspelt would be none", async (place, options, named) => {
    const message = `${place} does not take the option ${named}`;
    await expect(openRuntime({ machines, ...options } as never)).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      message,
    });
  });

  test.each([
    [{ ids: () => "1" }, "ids without next()"],
    [{ logger: console }, "logger that is no function"],
    [{ onFailure: true }, "onFailure that is no function"],
  ])("refuses %o, which would fail an actor later", async (options, what) => {
    const refused = { code: "OPTIONS_INVALID", message: `openRuntime does not take ${what}` };
    await expect(openRuntime({ machines, ...options } as never)).rejects.toMatchObject(refused);
  });

  test("tells onFailure once, and reports what that throws", async () => {
    const unhandled = unhandledErrors();
    const store = openSqlite({ file: ":memory:" });
    const told: unknown[] = [];
    const runtime = await openRuntime({
      store: { ...store, commit: (_, ended) => ended("no disk") },
      machines,
      onFailure: (error) => {
        told.push(error);
        throw new Error("nobody is there");
      },
    });
    runtime.createActor("lamp");
    await expect(runtime.settled()).rejects.toBe("no disk");
    await new Promise(setImmediate);
    expect([told, unhandled]).toEqual([["no disk"], [new Error("nobody is there")]]);
    store.close();
  });

  test.each([Number.NaN, -1, "5m", "1000"])("refuses %o as a duration, and names where it stands", async (ms) => {
    for (const [place, options] of [
      ["waitMs", { waitMs: ms }],
      ["passivateAfterMs", { passivateAfterMs: ms }],
      ["machines.lamp.passivateAfterMs", { machines: { lamp: { logic: lamp, passivateAfterMs: ms } } }],
    ] as const) {
      const refused = { code: "DURATION_OPTION_INVALID", values: { place } };
      await expect(openRuntime({ machines, ...options } as never)).rejects.toMatchObject(refused);
    }
  });

  test("refuses a store that another runtime runs on, until that one is closed (I8)", async () => {
    const store = openSqlite({ file: ":memory:" });
    const refused = { code: "STORE_SHARED", values: { store: store.storeId } };
    const outcomes = await Promise.allSettled([openRuntime({ store, machines }), openRuntime({ store, machines })]);
    expect(outcomes).toMatchObject([{ status: "fulfilled" }, { status: "rejected", reason: refused }]);
    const [first] = outcomes;
    if (first?.status === "fulfilled") {
      first.value.createActor("lamp", { id: "l" });
      await first.value.close();
    }
    await expect(openRuntime({ store, machines: { lamp: createMachine({ version: "2" }) } })).rejects.toMatchObject({
      code: "MACHINE_CHANGED",
    });
    const again = await openRuntime({ store, machines });
    expect(again.list()).toMatchObject([{ id: "l" }]);
    again.halt();
    await (await openRuntime({ store, machines })).close();
    store.close();
  });

  test("refuses what looks like a registered logic and is another, for a restart would go on with the first", async () => {
    const runtime = await openRuntime({ machines });
    const refused = expect.objectContaining({ code: "LOGIC_PROVIDED" });
    expect(() => runtime.createActor(fromTransition(count, 100), { id: "c" })).toThrow(refused);
    expect(runtime.createActor(counter, { id: "c" }).getSnapshot().context).toBe(0);
    await runtime.close();
  });
});
