import { describe, expect, test } from "vitest";
import { fromPromise, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import type { Store } from "../../src/store/port.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { heldStore, turn } from "./held-store.fixture.ts";

function lamp(started: string[] = []) {
  return setup({
    types: {} as { events: { type: "flip" } | { type: "work" } | { type: "stop" } },
    actors: {
      work: fromPromise(() => {
        started.push("work");
        return new Promise(() => undefined);
      }),
    },
  }).createMachine({
    initial: "off",
    states: {
      off: { on: { flip: "on", work: "working" } },
      on: { on: { flip: "off" } },
      working: { invoke: { src: "work" }, on: { stop: "off" } },
    },
  });
}

describe("while a commit is being written", () => {
  test("the turns that end share the next one, and each waits for its own", async () => {
    const { store, held, release } = heldStore();
    const runtime = await openRuntime({ store, machines: { lamp: lamp() } });
    const actor = runtime.createActor("lamp", { id: "l" });
    await turn();
    const told: string[] = [];
    for (const name of ["first", "second", "third"]) {
      void actor.deliver({ type: "flip" }).then(() => told.push(name));
      await turn();
    }
    expect(held.length).toBe(1);
    release();
    await turn();
    expect([held.length, told]).toEqual([1, []]);
    release();
    await turn();
    expect(told).toEqual(["first", "second", "third"]);
    expect(runtime.history("l").map(({ to }) => to)).toEqual(["off", "on", "off", "on"]);
    await runtime.close();
  });

  test("a second delivery of what is in it waits for it, and does nothing more", async () => {
    const { store, release } = heldStore();
    const runtime = await openRuntime({ store, machines: { lamp: lamp() } });
    const actor = runtime.createActor("lamp", { id: "l" });
    await turn();
    release();
    const deliver = () => actor.deliver({ type: "flip" }, { idempotencyKey: "k" });
    const first = deliver();
    await turn();
    const second = deliver();
    let told = false;
    void second.then(() => {
      told = true;
    });
    await turn();
    expect(told).toBe(false);
    release();
    expect((await first).value).toBe("on");
    release();
    expect((await second).value).toBe("on");
    expect(runtime.history("l").length).toBe(2);
    await runtime.close();
  });

  test("`settled` waits for it, also where nothing came after it", async () => {
    const { store, release } = heldStore();
    const runtime = await openRuntime({ store, machines: { lamp: lamp() } });
    runtime.createActor("lamp", { id: "l" });
    await turn();
    let told = false;
    void runtime.settled().then(() => {
      told = true;
    });
    await turn();
    expect(told).toBe(false);
    release();
    await turn();
    await turn();
    expect(told).toBe(true);
    await runtime.close();
  });

  test("an effect that the last one asks for is left to the next start, which begins it", async () => {
    const started: string[] = [];
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { lamp: lamp(started) } });
    runtime.createActor("lamp", { id: "l" }).send({ type: "work" });
    await runtime.close();
    expect(started).toEqual([]);
    const again = await openRuntime({ store, machines: { lamp: lamp(started) } });
    await again.settled();
    expect(started).toEqual(["work"]);
    again.halt();
    store.close();
  });

  test("an effect that was asked for does not start, and never does when it is stopped meanwhile (I2)", async () => {
    const { store, release } = heldStore();
    const started: string[] = [];
    const runtime = await openRuntime({ store, machines: { lamp: lamp(started) } });
    const actor = runtime.createActor("lamp", { id: "l" });
    await turn();
    release();
    actor.send({ type: "work" });
    await turn();
    expect(started).toEqual([]);
    actor.send({ type: "stop" });
    release();
    await turn();
    release();
    expect(started).toEqual([]);
    actor.send({ type: "work" });
    await turn();
    release();
    expect(started).toEqual(["work"]);
    await runtime.close();
  });

  test("an actor that has ended is found, and not made anew, until its end is durable", async () => {
    const { store, release } = heldStore();
    const runtime = await openRuntime({ store, machines: { lamp: lamp() } });
    const actor = runtime.createActor("lamp", { id: "l" });
    await turn();
    release();
    actor.stop();
    await turn();
    expect(runtime.createActor("lamp", { id: "l" })).toBe(actor);
    release();
    expect(runtime.createActor("lamp", { id: "l" })).not.toBe(actor);
    await runtime.close();
  });

  test("`close` waits for it and for all that came after it", async () => {
    const { store } = heldStore();
    const runtime = await openRuntime({ store, machines: { lamp: lamp() } });
    const actor = runtime.createActor("lamp", { id: "l" });
    await turn();
    const delivered = actor.deliver({ type: "flip" });
    await runtime.close();
    expect((await delivered).value).toBe("on");
    expect(store.actorById("l")?.state).toBe("on");
  });

  test("`halt` leaves nothing on its way, and tells those who wait that it was halted", async () => {
    const { store, held } = heldStore();
    const runtime = await openRuntime({ store, machines: { lamp: lamp() } });
    const actor = runtime.createActor("lamp", { id: "l" });
    await turn();
    const delivered = actor.deliver({ type: "flip" });
    runtime.halt();
    await expect(delivered).rejects.toMatchObject({ code: "RUNTIME_CLOSED" });
    expect(held).toEqual([]);
    const again = await openRuntime({ store, machines: { lamp: lamp() } });
    expect(again.createActor("lamp", { id: "l" }).getSnapshot().value).toBe("off");
    await again.close();
  });

  test("`halt` lets nothing begin that its end would have let begin", async () => {
    const { store, held, release } = heldStore();
    const started: string[] = [];
    const runtime = await openRuntime({
      store: { ...store, settle: () => undefined },
      machines: { lamp: lamp(started) },
    });
    const actor = runtime.createActor("lamp", { id: "l" });
    await turn();
    release();
    actor.send({ type: "work" });
    await turn();
    expect(held.length).toBe(1);
    runtime.halt();
    release();
    await turn();
    expect([started, store.actorById("l")?.state]).toEqual([[], "working"]);
  });

  test("its failure is told to whoever waits for it, and to whoever came after it", async () => {
    const { store, held } = heldStore();
    const failing: Store = {
      ...store,
      commit: (_, ended) => {
        held.push(() => ended(new Error("the disk is gone")));
      },
    };
    const failures: unknown[] = [];
    const runtime = await openRuntime({
      store: failing,
      machines: { lamp: lamp() },
      onFailure: (error) => failures.push(String(error)),
    });
    const actor = runtime.createActor("lamp", { id: "l" });
    const first = actor.deliver({ type: "flip" });
    await turn();
    const second = actor.deliver({ type: "flip" });
    const outcomes = Promise.allSettled([first, second]);
    held.shift()?.();
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(failures).toEqual(["Error: the disk is gone"]);
    expect(() => actor.send({ type: "flip" })).toThrow("does not accept events any more: the disk is gone");
  });
});
