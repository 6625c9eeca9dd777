import { expect, test } from "vitest";
import { assign, createMachine, fromCallback, raise, setup, spawnChild } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { sequentialIds } from "../../src/testing/sequential-ids.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";

const child = createMachine({ initial: "a", states: { a: { always: "b" }, b: {} } });
const machine = setup({ actors: { child } }).createMachine({
  entry: [spawnChild("child", { id: "c" }), raise({ type: "go" })],
  initial: "one",
  states: { one: { on: { go: "two" } }, two: { always: "three" }, three: { after: { 100: "four" } }, four: {} },
});

test("a root that its caller starts leaves the same record as one that is made by its name", async () => {
  const records = await Promise.all(
    [true, false].map(async (byName) => {
      const clock = simulatedClock();
      const store = openSqlite({ file: ":memory:", clock, ids: sequentialIds() });
      const runtime = await openRuntime({ store, clock, ids: sequentialIds(), machines: { machine } });
      if (byName) {
        runtime.createActor("machine", { id: "m" });
      } else {
        const actor = runtime.createActor(machine, { id: "m" });
        await runtime.settled();
        expect([store.listActors({}), store.auditsAfter(0, 10)]).toEqual([[], []]);
        actor.start();
      }
      await runtime.settled();
      clock.advance(100);
      await runtime.settled();
      const journals = ["m", "m/c"].map((id) => runtime.history(id).map(({ transitionId: _, ...entry }) => entry));
      const audits = store
        .auditsAfter(0, 100)
        .map(({ entity_id, from_state, to_state, trigger }) => [entity_id, from_state, to_state, trigger]);
      await runtime.close();
      return { journals, audits: audits.sort(), actors: store.listActors({}).map(({ id, state }) => [id, state]) };
    }),
  );
  expect(records[1]).toEqual(records[0]);
  expect(records[0]?.audits.length).toBeGreaterThan(2);
});

test("a root that its caller starts is on disk soon, whether anybody waits for that or not", async () => {
  const store = openSqlite({ file: ":memory:" });
  const still = createMachine({});
  const runtime = await openRuntime({ store, machines: { still } });
  const actor = runtime.createActor(still, { id: "s" });
  await new Promise(setImmediate);
  expect(store.liveActor("s")).toBeUndefined();
  actor.start();
  await new Promise(setImmediate);
  expect(store.liveActor("s")?.status).toBe("active");
  await runtime.close();
});

test("nothing is noted about a root that its caller has not started: after a crash it would be about nobody", async () => {
  const store = openSqlite({ file: ":memory:" });
  const still = createMachine({});
  const runtime = await openRuntime({ store, machines: { still } });
  const actor = runtime.createActor(still, { id: "s" });
  const noted = () => runtime.note("s", { type: "warning", trigger: "seen", reason: "r" });
  await expect(noted()).rejects.toMatchObject({ code: "ACTOR_UNKNOWN" });
  expect(store.auditsAfter(0, 10)).toEqual([]);
  actor.start();
  await noted();
  expect(store.auditsAfter(0, 10).map(({ entity_id, trigger }) => [entity_id, trigger])).toContainEqual(["s", "seen"]);
  await runtime.close();
});

test("a callback that fails as it begins has failed on disk too, and does not begin again", async () => {
  const store = openSqlite({ file: ":memory:" });
  let begun = 0;
  const line = fromCallback(() => {
    begun += 1;
    throw new Error("engaged");
  });
  for (const _ of ["made", "restored"]) {
    const runtime = await openRuntime({ store, machines: { line } });
    const actor = runtime.createActor("line", { id: "l" });
    actor.subscribe({ error: () => undefined });
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect([begun, store.liveActor("l")?.status]).toEqual([1, "error"]);
    expect(actor.getSnapshot()).toMatchObject({ status: "error", error: { message: "engaged" } });
    runtime.halt();
  }
});

test("what an actor failed with, and cannot be kept, is known by its place at that moment of the past", async () => {
  const failing = createMachine({
    context: { n: 0 },
    on: {
      fail: {
        actions: assign(() => {
          throw () => "not an error";
        }),
      },
    },
  });
  const runtime = await openRuntime({ machines: { failing } });
  const actor = runtime.createActor("failing", { id: "f" });
  actor.subscribe({ error: () => undefined });
  actor.send({ type: "fail" });
  await runtime.settled();
  const last = runtime.history("f").at(-1)?.transitionId ?? -1;
  const known = { status: "error", error: { code: "NOT_SERIALIZABLE", values: { path: "error", kind: "a function" } } };
  expect(actor.getSnapshot()).toMatchObject(known);
  expect(runtime.at("f", last)).toMatchObject(known);
  await runtime.close();
});
