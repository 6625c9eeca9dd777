import { describe, expect, test } from "vitest";
import { createActor, fromCallback, fromEventObservable, fromObservable, sendTo, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";

/** What says something at once, as a BehaviorSubject does, and then would go on. */
function speaking(told: string[]) {
  const subscribe = (value: unknown) => (observer: { next(value: unknown): void }) => {
    observer.next(value);
    return { unsubscribe: () => told.push("unsubscribed") };
  };
  return {
    values: fromObservable(() => ({ subscribe: subscribe(7) }) as never),
    events: fromEventObservable(() => ({ subscribe: subscribe({ type: "said" }) }) as never),
    callback: fromCallback(({ sendBack, receive }) => {
      receive(({ type }) => told.push(type));
      sendBack({ type: "said" });
      return () => told.push("cleaned up");
    }),
  };
}

function listening(src: "values" | "events" | "callback", on: "said" | "leave", told: string[]) {
  return setup({ actors: speaking(told) }).createMachine({
    initial: "open",
    states: {
      open: { invoke: { src, id: "s" }, entry: sendTo("s", { type: "early" }), on: { [on]: "left" } },
      left: {},
    },
  });
}

describe("what speaks as it begins", () => {
  test.each([
    ["values", "leave", ["unsubscribed"]],
    ["events", "leave", ["unsubscribed"]],
    ["callback", "leave", ["early", "cleaned up"]],
    // What it says leads out of its own state: it is stopped while it begins.
    ["events", "said", ["unsubscribed"]],
    ["callback", "said", ["early", "cleaned up"]],
  ] as const)("is ended as in XState: %s, left by %s", async (src, on, expected) => {
    const told: string[] = [];
    const machine = listening(src, on, told);
    const plain = createActor(machine).start();
    plain.send({ type: "leave" });
    expect(told.splice(0)).toEqual(expected);

    const runtime = await openRuntime({ machines: { machine } });
    const actor = runtime.createActor("machine", { id: "m" });
    await runtime.settled();
    actor.send({ type: "leave" });
    await runtime.settled();
    expect([actor.getSnapshot().status, actor.getSnapshot().value]).toEqual(["active", "left"]);
    expect(told).toEqual(expected);
    await runtime.close();
    expect(told).toEqual(expected);
  });

  test("is unsubscribed when the runtime closes, and what it said is kept", async () => {
    const told: string[] = [];
    const { values } = speaking(told);
    const runtime = await openRuntime({ machines: { values } });
    const actor = runtime.createActor("values", { id: "v" });
    await runtime.settled();
    expect(actor.getSnapshot().context).toBe(7);
    await runtime.close();
    expect(told).toEqual(["unsubscribed"]);
  });
});
