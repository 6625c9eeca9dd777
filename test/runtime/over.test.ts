import { describe, expect, onTestFinished, test } from "vitest";
import { type AnyActorRef, createActor, sendTo, setup, toPromise, waitFor } from "xstate";
import { openRuntime, TerminalStateViolation } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { unhandledErrors } from "./unhandled.fixture.ts";

const failing = () => {
  throw new Error("no");
};
const machine = setup({}).createMachine({
  initial: "a",
  output: 7,
  states: { a: { on: { end: "b", fail: { actions: failing } } }, b: { type: "final" } },
});

/** A store with a root that ended by an event, opened again; and the same root in plain XState. */
async function ended(by: "end" | "fail") {
  const store = openSqlite({ file: ":memory:" });
  const first = await openRuntime({ store, machines: { machine } });
  const actor = first.createActor("machine", { id: "m" });
  actor.subscribe({ error: () => undefined });
  actor.send({ type: by });
  await first.close();
  const clock = simulatedClock();
  const runtime = await openRuntime({ store, clock, machines: { machine }, passivateAfterMs: 1_000 });
  onTestFinished(async () => {
    await runtime.close();
    store.close();
  });
  const plain = createActor(machine, { snapshot: actor.getPersistedSnapshot() });
  plain.subscribe({ error: () => undefined });
  return { runtime, clock, plain: plain.start() };
}

/** All that can be heard from an actor that somebody comes to late. */
async function heard(actor: AnyActorRef): Promise<unknown[]> {
  const all: unknown[] = [];
  actor.subscribe({
    next: (snapshot) => all.push(snapshot),
    error: (error) => all.push(["error", (error as Error).message]),
    complete: () => all.push("complete"),
  });
  const messageOf = (error: unknown) => (error as Error).message;
  all.push(await toPromise(actor).catch(messageOf));
  all.push(await waitFor(actor, () => false).catch(messageOf));
  return all;
}

type Find = (runtime: Awaited<ReturnType<typeof ended>>["runtime"]) => unknown;

describe.each(["end", "fail"] as const)("a root that ended by %s before the start", (by) => {
  test.each<[string, Find]>([
    ["made by name", (runtime) => runtime.createActor("machine", { id: "m" })],
    ["made by its logic", (runtime) => runtime.createActor(machine, { id: "m" }).start()],
    ["found by its id", (runtime) => runtime.actor("m")],
  ])("tells how it ended as plain XState does, when it is %s, and reports nothing again", async (_, find) => {
    const { runtime, plain } = await ended(by);
    const unhandled = unhandledErrors();
    const actor = find(runtime) as AnyActorRef;
    expect(await heard(actor)).toEqual(await heard(plain));
    await runtime.settled();
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
  });

  test("tells it to who held it while it was put to sleep", async () => {
    const { runtime, clock, plain } = await ended(by);
    const actor = runtime.createActor("machine", { id: "m" });
    clock.advance(2_000);
    expect(await heard(actor)).toEqual(await heard(plain));
  });
});

test.each(["end", "fail"] as const)(
  "a child that ended by %s before the start tells it as plain XState does",
  async (by) => {
    const parent = setup({ actors: { machine } }).createMachine({
      invoke: { src: "machine", id: "c", onError: {} },
      on: { [by]: { actions: sendTo("c", { type: by }) } },
    });
    const plain = createActor(parent).start();
    plain.send({ type: by });
    const store = openSqlite({ file: ":memory:" });
    const first = await openRuntime({ store, machines: { parent } });
    first.createActor("parent", { id: "p" }).send({ type: by });
    await first.close();
    const second = await openRuntime({ store, machines: { parent } });
    const childOf = (actor: AnyActorRef | undefined) => actor?.getSnapshot().children.c as AnyActorRef;
    expect(await heard(childOf(second.actor("p")))).toEqual(await heard(childOf(plain)));
    await second.close();
  },
);

describe("who holds an actor that slept once", () => {
  test.each(["a root", "a child"])("sees how it ended: %s", async (which) => {
    const clock = simulatedClock();
    const house = setup({ actors: { machine } }).createMachine({
      initial: "built",
      states: { built: { invoke: { src: "machine", id: "m" }, on: { leave: "left" } }, left: {} },
    });
    const runtime = await openRuntime({ clock, machines: { machine, house }, passivateAfterMs: 1_000 });
    const root = runtime.createActor("house", { id: "h" });
    const held = which === "a root" ? runtime.createActor("machine", { id: "m" }) : runtime.actor("h/m");
    await runtime.settled();
    clock.advance(2_000);
    expect(runtime.list({ rootsOnly: true }).every(({ asleep }) => asleep)).toBe(true);
    if (which === "a root") {
      held?.stop();
    } else {
      root.send({ type: "leave" });
    }
    await runtime.settled();
    held?.send({ type: "end" });
    expect(held?.getSnapshot()).toMatchObject({ status: "stopped", value: "a" });
    await expect(held?.deliver({ type: "end" })).rejects.toThrow(TerminalStateViolation);
    await runtime.close();
  });

  test("and that sleeps when the runtime closes is told so", async () => {
    const clock = simulatedClock();
    const runtime = await openRuntime({ clock, machines: { machine }, passivateAfterMs: 1_000 });
    const held = runtime.createActor("machine", { id: "m" });
    await runtime.settled();
    clock.advance(2_000);
    await runtime.close();
    expect(() => held.send({ type: "end" })).toThrow("the runtime does not accept events any more: it was closed");
    expect(() => held.getSnapshot()).toThrow("the runtime does not accept events any more: it was closed");
    await expect(held.deliver({ type: "end" })).rejects.toThrow("it was closed");
  });
});
