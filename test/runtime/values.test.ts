import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type AnyActorRef,
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  fromCallback,
  fromObservable,
  fromPromise,
  fromTransition,
  raise,
  setup,
  spawnChild,
} from "xstate";
import { openRuntime, type PawlError } from "../../src/runtime/index.ts";
import { openSqlite, openSqliteReader } from "../../src/store/sqlite/open.ts";
import { testFolder } from "./folder.fixture.ts";

class Thing {}
const run = () => 1;
const throwing = () => {
  throw new Thing();
};

function circle(): object {
  const one: Record<string, unknown> = {};
  one["one"] = one;
  return one;
}

/** What there is after it was sent `go`, and what of it stands on the disk. */
async function afterGo(machine: AnyStateMachine) {
  const file = join(testFolder(), "values.db");
  const runtime = await openRuntime({ file, machines: { machine } });
  const actor = runtime.createActor("machine", { id: "m" }) as unknown as AnyActorRef;
  actor.subscribe({ error: () => undefined });
  actor.send({ type: "go" });
  // A promise settles in a later turn than the one in which it begins.
  for (const _ of [1, 2]) {
    await runtime.settled();
    await new Promise(setImmediate);
  }
  await runtime.settled();
  const snapshot = actor.getSnapshot() as {
    status: string;
    context: { n: number };
    error: PawlError;
    children: object;
  };
  await runtime.close();
  const db = openSqliteReader(file);
  const stored = db.prepare("SELECT snapshot FROM actors WHERE id = 'm'").pluck().get() as string;
  const open = db.prepare("SELECT count(*) FROM effects WHERE status = 'requested'").pluck().get();
  db.close();
  return { snapshot, stored: JSON.parse(stored) as { status: string; context: unknown }, open };
}

const withContext = (context: object): AnyStateMachine => createMachine({ context } as never);
const onGo = (actions: unknown, actors: object = {}): AnyStateMachine =>
  createMachine({ context: { n: 0 }, on: { go: { actions: actions as never } } }, { actors: actors as never });

describe("a value that JSON cannot keep", () => {
  test.each([
    ["in the first context", withContext({ deep: [{ run }] }), "m: snapshot.context.deep[0].run is a function"],
    ["in an assigned context", onGo(assign({ x: () => new Thing() } as never)), "m: context.x is an instance of Thing"],
    [
      "behind a symbol in an assigned context",
      onGo(assign(() => ({ [Symbol("s")]: 1 }) as never)),
      "m: context[Symbol(s)] is a member that a symbol names",
    ],
    [
      "behind a symbol deep in the first context",
      withContext({ list: [{ [Symbol("s")]: 1 }] }),
      "m: snapshot.context.list[0][Symbol(s)] is a member that a symbol names",
    ],
    [
      "beside the items of an assigned array",
      onGo(assign({ found: () => /b/.exec("abc") } as never)),
      "m: context.found.groups is a member of an array, beside what is in it",
    ],
    [
      "in a delayed event",
      onGo(raise({ type: "later", run } as never, { delay: 10 })),
      "m: delayed event later.run is a function",
    ],
    [
      "in an output",
      createMachine({
        context: { n: 0 },
        initial: "a",
        states: { a: { on: { go: "b" } }, b: { type: "final" } },
        output: () => ({ sign: Symbol("s") }),
      }),
      "m: output.sign is a symbol",
    ],
    [
      "in the input of a child",
      onGo(spawnChild("child" as never, { id: "c", input: { run } } as never), {
        child: fromCallback(() => undefined),
      }),
      "m/c: snapshot.input.run is a function",
    ],
    [
      "that throws when it is read",
      onGo(assign({ x: () => unreadable() } as never)),
      "m: snapshot is a value that throws when it is read (Error: not now)",
    ],
    [
      "that is an actor of nobody",
      onGo(assign({ x: () => fromNobody() } as never)),
      "m: context.x is a reference to an actor of no store, or of another one",
    ],
  ])(
    "%s is an error of the actor, with the place and the fix, and nothing of it is stored",
    async (_, machine, words) => {
      const { snapshot, stored } = await afterGo(machine);
      expect([snapshot.status, snapshot.error.code, snapshot.error.message]).toEqual([
        "error",
        "NOT_SERIALIZABLE",
        `${words}, which JSON cannot keep`,
      ]);
      expect(snapshot.error.fix).toContain("Keep plain data there (also kept: Date, Map, Set, BigInt, Error");
      expect(stored.status).toBe("error");
      // One that could not be made has no context at all.
      expect([undefined, { n: 0 }]).toContainEqual(stored.context);
    },
  );

  test.each([
    ["the result of a promise", fromPromise(async () => new Thing()), "output"],
    ["what a promise throws", fromPromise(() => Promise.reject(new Thing())), "error"],
    ["the state of a transition function", fromTransition(() => new Thing(), new Thing()), "context"],
    ["what an observable brings", fromObservable(() => bringing(new Thing()) as never), "context"],
  ])("that is %s is an error of the child, which its parent is told", async (_, child, place) => {
    const machine = createMachine(
      {
        context: { n: 0, told: "" },
        on: {
          go: { actions: spawnChild("child", { id: "c" }) },
          "xstate.error.actor.c": {
            actions: assign({ told: ({ event }) => (event as unknown as { error: PawlError }).error.message }),
          },
        },
      },
      { actors: { child: child as never } },
    );
    const { snapshot, stored, open } = await afterGo(machine);
    const told = `m/c: snapshot.${place} is an instance of Thing, which JSON cannot keep`;
    expect([snapshot.status, snapshot.context, stored.context]).toEqual(["active", { n: 0, told }, { n: 0, told }]);
    expect(open).toBe(0);
  });

  test.each([
    ["an instance of Response", new Response("500")],
    ["an instance of Thing", new Thing()],
    ["a function", run],
    ["a symbol", Symbol("s")],
    ["nested deeper than 500 levels, or a circle", circle()],
  ])("that is thrown is an error of who threw it: %s", async (kind, thrown) => {
    const { snapshot, stored } = await afterGo(
      onGo(() => {
        throw thrown;
      }),
    );
    expect([snapshot.status, snapshot.error.code, stored.status]).toEqual(["error", "NOT_SERIALIZABLE", "error"]);
    expect(snapshot.error.message).toContain(`is ${kind}, which JSON cannot keep`);
    expect([snapshot.context, stored.context]).toEqual([{ n: 0 }, { n: 0 }]);
  });

  test.each([
    ["the body of a callback", fromCallback(throwing)],
    ["the entry of a child", createMachine({ entry: throwing })],
    ["the state that a child begins in", createMachine({ context: throwing })],
  ])("that is thrown in %s is an error of that child, and after a restart too", async (_, child) => {
    const machine = setup({ actors: { child } }).createMachine({
      context: { told: 0 },
      on: {
        go: { actions: spawnChild("child", { id: "c" }) },
        "xstate.error.actor.c": { actions: assign({ told: ({ context }) => context.told + 1 }) },
      },
    });
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { machine } });
    runtime.createActor("machine", { id: "m" }).send({ type: "go" });
    await runtime.settled();
    await runtime.settled();
    runtime.halt();
    const again = await openRuntime({ store, machines: { machine } });
    expect(again.list().map(({ id, status }) => [id, status])).toEqual([
      ["m", "active"],
      ["m/c", "error"],
    ]);
    expect(again.actor("m/c")?.getSnapshot()).toMatchObject({ error: { code: "NOT_SERIALIZABLE" } });
    expect(again.actor("m")?.getSnapshot()).toMatchObject({ context: { told: 1 } });
    await again.close();
    store.close();
  });

  test.each([
    [() => new Thing(), "snapshot.context.deep.items[1] is an instance of Thing"],
    [() => unreadable(), "snapshot is a value that throws when it is read (Error: not now)"],
  ])(
    "that a context was changed to in place ends its actor; its parent is told, and the others go on",
    async (make, words) => {
      const child = setup({ types: { context: {} as { n: number; deep: { items: unknown[] } } } }).createMachine({
        context: () => ({ n: 0, deep: { items: [1] } }),
        on: {
          count: { actions: assign({ n: ({ context }) => context.n + 1 }) },
          spoil: { actions: ({ context }) => context.deep.items.push(make()) },
        },
      });
      const machine = setup({ actors: { child } }).createMachine({
        context: { told: "" },
        invoke: {
          src: "child",
          id: "c",
          onError: { actions: assign({ told: ({ event }) => (event.error as PawlError).message }) },
        },
      });
      const store = openSqlite({ file: ":memory:" });
      const runtime = await openRuntime({ store, machines: { machine } });
      runtime.createActor("machine", { id: "m" });
      runtime.createActor("machine", { id: "other" });
      await runtime.settled();
      for (const type of ["count", "spoil", "count"]) {
        runtime.actor("m/c")?.send({ type } as never);
      }
      await runtime.deliver("other/c", { type: "count" });
      const told = `m/c: ${words}, which JSON cannot keep`;
      expect(runtime.actor("m")?.getSnapshot()).toMatchObject({ context: { told } });
      runtime.halt();
      const again = await openRuntime({ store, machines: { machine } });
      expect(again.actor("m")?.getSnapshot()).toMatchObject({ status: "active", context: { told } });
      // As its journal has it: what was changed in place is not there.
      expect(again.actor("m/c")?.getSnapshot()).toMatchObject({
        status: "error",
        context: { n: 2, deep: { items: [1] } },
      });
      expect(again.actor("other/c")?.getSnapshot()).toMatchObject({ status: "active", context: { n: 1 } });
      await again.close();
      store.close();
    },
  );

  test("in an event is named in the history and does not keep the event from being taken", async () => {
    const runtime = await openRuntime({ machines: { machine: onGo(assign({ n: 1 } as never)) } });
    const actor = runtime.createActor("machine", { id: "m" }) as unknown as AnyActorRef;
    actor.send({ type: "go", run });
    await runtime.settled();
    expect((actor.getSnapshot() as { context: unknown }).context).toEqual({ n: 1 });
    expect(runtime.history("m").at(-1)?.event).toEqual({
      type: "go",
      $pawl: "omitted",
      path: "event.run",
      kind: "a function",
    });
    actor.send({ type: "go", [Symbol("s")]: 1 } as never);
    await runtime.settled();
    expect(runtime.history("m").at(-1)?.event).toMatchObject({ type: "go", path: "event[Symbol(s)]" });
    await runtime.close();
  });
});

const unreadable = () => ({
  get secret() {
    throw new Error("not now");
  },
});

/** It runs in plain XState, where no store knows it. */
const fromNobody = (): AnyActorRef => createActor(createMachine({})).start() as unknown as AnyActorRef;

const bringing = (value: unknown) => ({
  subscribe: ({ next }: { next(value: unknown): void }) => {
    next(value);
    return { unsubscribe: () => undefined };
  },
});
