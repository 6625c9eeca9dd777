import { describe, expect, test } from "vitest";
import { type AnyActorRef, fromTransition, setup } from "xstate";
import { type MachineMap, openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { sequentialIds, simulatedClock } from "../../src/testing/index.ts";

const lamp = setup({}).createMachine({ initial: "open", states: { open: {} } });

describe("a root", () => {
  const reopened = async (machines: MachineMap, name: string) => {
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines });
    runtime.createActor(name, { id: "r" });
    await runtime.close();
    return { store, later: await openRuntime({ store, machines }) };
  };

  test("is found again by the name under which it was made, whatever else its logic is called", async () => {
    const { later } = await reopened({ one: lamp, other: { logic: lamp, version: "7" } }, "one");
    expect(later.createActor("one", { id: "r" }).getSnapshot().value).toBe("open");
    expect(later.list()).toMatchObject([{ id: "r", machine: "one", version: "1" }]);
    expect(() => later.createActor("other", { id: "r" })).toThrow(expect.objectContaining({ code: "ACTOR_EXISTS" }));
    await later.close();
  });

  test("is not found by who names none, where ids are counted anew after a restart", async () => {
    const store = openSqlite({ file: ":memory:" });
    const clock = simulatedClock();
    const open = () => openRuntime({ store, clock, ids: sequentialIds(), machines: { lamp } });
    const runtime = await open();
    const { id } = runtime.createActor("lamp");
    await runtime.close();
    const later = await open();
    const exists = { code: "ACTOR_EXISTS", values: { id, found: "lamp", asked: "a new lamp" } };
    expect(() => later.createActor("lamp")).toThrow(expect.objectContaining(exists));
    expect(later.createActor("lamp").id).not.toBe(id);
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
