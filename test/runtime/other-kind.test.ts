import { expect, test } from "vitest";
import { type AnyActorLogic, fromCallback, fromObservable, fromPromise, fromTransition, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

const begun: unknown[] = [];
const kinds = {
  machine: setup({}).createMachine({ initial: "on", states: { on: {} } }),
  promise: fromPromise(({ input }) => {
    begun.push(input);
    return new Promise(() => undefined);
  }),
  callback: fromCallback(({ input }) => {
    begun.push(input);
  }),
  observable: fromObservable(({ input }) => {
    begun.push(input);
    return { subscribe: () => ({ unsubscribe: () => undefined }) };
  }),
  transition: fromTransition((count: number) => count + 1, 0),
};
type Kind = keyof typeof kinds;

const house = (kind: Kind) =>
  setup({ actors: { worker: kinds[kind] as AnyActorLogic } }).createMachine({
    invoke: { src: "worker", id: "w", input: 7 },
  });

async function stored(kind: Kind) {
  const store = openSqlite({ file: ":memory:" });
  const runtime = await openRuntime({ store, machines: { house: house(kind) } });
  runtime.createActor("house", { id: "h" });
  await runtime.settled();
  await runtime.close();
  begun.length = 0;
  return store;
}

test.each<readonly [Kind, Kind, string]>([
  ["machine", "promise", "a machine"],
  ["machine", "callback", "a machine"],
  ["machine", "observable", "a machine"],
  ["transition", "promise", "a transition function"],
  ["transition", "callback", "a transition function"],
  ["transition", "machine", "no machine"],
  ["promise", "machine", "no machine"],
  ["callback", "machine", "no machine"],
  ["observable", "machine", "no machine"],
])("a %s whose name stands for a %s now is refused, and nothing begins", async (before, after, was) => {
  const store = await stored(before);
  await expect(openRuntime({ store, machines: { house: house(after) } })).rejects.toMatchObject({
    code: "MACHINE_CHANGED",
    message: expect.stringMatching(new RegExp(`: h/w in .*"worker" was ${was} when it was stored`)),
    fix: expect.stringContaining("Register worker"),
  });
  expect(begun).toEqual([]);
});

test.each<readonly [Kind, Kind]>([
  ["promise", "callback"],
  ["callback", "observable"],
  ["observable", "promise"],
])("a %s whose name stands for a %s now begins with the same input", async (before, after) => {
  const store = await stored(before);
  const runtime = await openRuntime({ store, machines: { house: house(after) } });
  await runtime.settled();
  expect(begun).toEqual([7]);
  await runtime.close();
});
