import { describe, expect, test, vi } from "vitest";
import { setup, waitFor } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import type { JournalRow } from "../../src/store/port.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { counter } from "./counter.fixture.ts";
import { orderWith } from "./order.fixture.ts";

describe("history", () => {
  test("lists events with the states before and after", async () => {
    const runtime = await openRuntime({ machines: { order: orderWith(async () => "r-1") } });
    const actor = runtime.createActor("order", { id: "o", input: { sku: "A7" } });
    actor.send({ type: "PAY", amount: 1 });
    await waitFor(actor, (snapshot) => snapshot.matches("paid"));
    await runtime.settled();
    expect(runtime.history("o").map(({ event, from, to }) => [event.type, from, to])).toEqual([
      ["xstate.init", undefined, "placed"],
      ["PAY", "placed", "paying"],
      ["xstate.done.actor.charge", "paying", "paid"],
    ]);
    await runtime.close();
  });

  test("rebuilds each snapshot of the past, over many of them", async () => {
    const runtime = await openRuntime({ machines: { counter } });
    const actor = runtime.createActor("counter", { id: "c" });
    const texts = Array.from({ length: 500 }, (_, i) => `text ${i}`);
    for (const text of texts) {
      actor.send({ type: "add", text });
    }
    await runtime.settled();
    for (const index of [0, 1, 199, 200, 201, 499]) {
      const entry = runtime.history("c")[index + 1];
      expect(runtime.at("c", entry?.transitionId ?? -1).context).toEqual({ log: texts.slice(0, index + 1) });
    }
    await runtime.close();
  });

  test("reads for a moment no more than what changed since the newest whole snapshot before it", async () => {
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { counter } });
    const actor = runtime.createActor("counter", { id: "c" });
    const texts = Array.from({ length: 450 }, (_, i) => `text ${i}`);
    for (const text of texts) {
      await actor.deliver({ type: "add", text });
    }
    const moments = runtime.history("c").slice(1);
    const all = vi.spyOn(store, "journalOf");
    const end = vi.spyOn(store, "journalSinceWhole");
    for (const index of [0, 198, 199, 200, 201, 449]) {
      expect(runtime.at("c", moments[index]?.transitionId ?? -1).context).toEqual({ log: texts.slice(0, index + 1) });
    }
    const read = end.mock.results.map(({ value }) => (value as JournalRow[]).length);
    expect(read).toEqual([2, 200, 201, 1, 2, 49]);
    expect(all).not.toHaveBeenCalled();
    await runtime.close();
    store.close();
  });

  test("knows at each moment where a history state led", async () => {
    const player = setup({}).createMachine({
      initial: "playing",
      on: { pause: ".paused" },
      states: {
        playing: {
          initial: "slow",
          states: { slow: { on: { faster: "fast" } }, fast: {}, back: { type: "history" } },
        },
        paused: { on: { play: "playing.back" } },
      },
    });
    const runtime = await openRuntime({ machines: { player } });
    const actor = runtime.createActor("player", { id: "p" });
    for (const type of ["pause", "play", "faster", "pause"] as const) {
      actor.send({ type });
    }
    await runtime.settled();
    const led = runtime
      .history("p")
      .filter(({ event }) => event.type === "pause")
      .map(({ transitionId }) => {
        const fork = runtime.fork("p", transitionId, `f${transitionId}`);
        fork.send({ type: "play" });
        return (fork.getSnapshot() as { value?: unknown }).value;
      });
    expect(led).toEqual([{ playing: "slow" }, { playing: "fast" }]);
    await runtime.close();
  });

  test("names the actor or the transition that is not there", async () => {
    const runtime = await openRuntime({ machines: { counter } });
    runtime.createActor("counter", { id: "c" });
    await runtime.settled();
    expect(() => runtime.history("d")).toThrow('no actor "d"');
    expect(() => runtime.at("c", 99)).toThrow("c has no transition 99");
    await runtime.close();
  });
});
