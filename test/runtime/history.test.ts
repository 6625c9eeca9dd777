import { describe, expect, test } from "vitest";
import { assign, setup, waitFor } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { orderWith } from "./order.fixture.ts";

const counter = setup({
  types: {} as { context: { log: string[] }; events: { type: "add"; text: string } },
}).createMachine({
  context: { log: [] },
  on: { add: { actions: assign({ log: ({ context, event }) => [...context.log, event.text] }) } },
});

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

  test("names the actor or the transition that is not there", async () => {
    const runtime = await openRuntime({ machines: { counter } });
    runtime.createActor("counter", { id: "c" });
    await runtime.settled();
    expect(() => runtime.history("d")).toThrow('no actor "d"');
    expect(() => runtime.at("c", 99)).toThrow("c has no transition 99");
    await runtime.close();
  });
});

describe("fork", () => {
  test("makes an actor of its own from a moment of the past", async () => {
    const runtime = await openRuntime({ machines: { counter } });
    const actor = runtime.createActor("counter", { id: "c" });
    actor.send({ type: "add", text: "one" });
    actor.send({ type: "add", text: "two" });
    await runtime.settled();
    const moment = runtime.history("c")[1]?.transitionId ?? -1;
    const fork = runtime.fork("c", moment, "d");
    fork.send({ type: "add", text: "other" });
    await runtime.settled();
    expect((fork.getSnapshot() as { context: unknown }).context).toEqual({ log: ["one", "other"] });
    expect(actor.getSnapshot().context).toEqual({ log: ["one", "two"] });
    expect(runtime.history("d").length).toBe(2);
    await runtime.close();
  });

  test("begins an effect anew that was on its way then", async () => {
    let runs = 0;
    const machine = orderWith(async () => {
      runs += 1;
      return `r-${runs}`;
    });
    const runtime = await openRuntime({ machines: { order: machine } });
    const actor = runtime.createActor("order", { id: "o", input: { sku: "A7" } });
    actor.send({ type: "PAY", amount: 1 });
    await waitFor(actor, (snapshot) => snapshot.matches("paid"));
    await runtime.settled();
    const paying = runtime.history("o").find(({ to }) => to === "paying")?.transitionId ?? -1;
    const fork = runtime.fork("o", paying, "p") as unknown as typeof actor;
    await waitFor(fork, (snapshot) => snapshot.matches("paid"));
    expect(fork.getSnapshot().context.receipt).toBe("r-2");
    await runtime.close();
  });
});
