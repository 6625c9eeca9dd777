import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import {
  type AnyActorLogic,
  assign,
  createActor,
  createMachine,
  enqueueActions,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
  raise,
  setup,
  spawnChild,
  stopChild,
} from "xstate";
import {
  childrenOf,
  type InternalActor,
  innerMachine,
  isMachine,
  isMachineSnapshot,
  kindOf,
} from "../../../src/runtime/xstate/internals.ts";
import { asLogic, idle, made } from "./logic.fixture.ts";

const quiet = { subscribe: () => ({ unsubscribe: () => undefined }) } as never;
/** XState's pattern of a higher-order logic. */
const around = <T extends AnyActorLogic>(logic: T): T => ({
  ...logic,
  transition: (snapshot, event, scope) => logic.transition(snapshot, event, scope),
});
const parentOf = (child: AnyActorLogic) =>
  setup({ actors: { child } }).createMachine({ invoke: { id: "c", src: "child" } });

describe("logic", () => {
  test.each([
    ["machine", idle],
    ["promise", fromPromise(async () => 1)],
    ["callback", fromCallback(() => undefined)],
    ["observable", fromObservable(() => quiet)],
    ["observable", fromEventObservable(() => quiet)],
    ["pure", fromTransition((state: number) => state, 0)],
    ["pure", around(fromTransition((state: number) => state, 0))],
    ["promise", around(fromPromise(async () => 1))],
    ["custom", around(fromCallback(() => undefined))],
    ["custom", around(fromObservable(() => quiet))],
  ] as const)("is known as a %s", (kind, logic) => {
    expect(kindOf(asLogic(logic as AnyActorLogic))).toBe(kind);
  });

  test("of a promise is known from another copy of XState, as a bundler makes one of it", async () => {
    const { outputFiles } = await build({
      stdin: { contents: 'export * from "xstate"', resolveDir: import.meta.dirname },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
    });
    const text = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
    const copy = (await import(/* @vite-ignore */ `data:text/javascript;base64,${text}`)) as typeof import("xstate");
    expect(copy.fromPromise).not.toBe(fromPromise);
    const promise = copy.fromPromise(async () => 1);
    expect(kindOf(asLogic(promise))).toBe("promise");
    expect(kindOf(asLogic(around(promise)))).toBe("promise");
    expect(kindOf(asLogic(copy.fromCallback(() => undefined)))).toBe("custom");
    expect(kindOf(asLogic(copy.fromObservable(() => quiet)))).toBe("custom");
    expect(kindOf(asLogic(copy.fromTransition((state: number) => state, 0)))).toBe("pure");
  });

  test("of a promise keeps its creator as config and its input in the snapshot", () => {
    const creator = async () => 1;
    const logic = fromPromise(creator);
    expect(asLogic(logic).config).toBe(creator);
    expect(made(logic, { input: { a: 1 } }).getSnapshot()).toMatchObject({ status: "active", input: { a: 1 } });
  });

  test("of every kind outside the machines begins its work in start, not before", () => {
    const begun: string[] = [];
    const kinds = [
      fromPromise(() => Promise.resolve(begun.push("promise"))),
      fromCallback(() => {
        begun.push("callback");
      }),
      fromObservable(() => {
        begun.push("observable");
        return quiet;
      }),
    ];
    const actors = kinds.map((logic) => made(logic));
    expect(kinds.map((logic) => typeof asLogic(logic).start)).toEqual(["function", "function", "function"]);
    expect(begun).toEqual([]);
    for (const actor of actors) {
      actor.start();
    }
    expect(begun).toEqual(["promise", "callback", "observable"]);
  });

  test("of a machine is told by its mark, its snapshot by machine and value", () => {
    expect([isMachine(idle), isMachine(fromTransition((s) => s, 0))]).toEqual([true, false]);
    expect(isMachineSnapshot(createActor(idle).getSnapshot())).toBe(true);
    expect(isMachineSnapshot(createActor(fromTransition((s) => s, 0)).getSnapshot())).toBe(false);
  });

  test("around a machine has its nodes, which know the machine itself", () => {
    expect([innerMachine(idle), innerMachine(around(idle))]).toEqual([idle, idle]);
    expect("resolveState" in around(idle)).toBe(false);
  });

  test("of a machine keeps its actors by name, and its nodes with the lists of actions that are walked", () => {
    const machine = setup({ actors: { child: idle } }).createMachine({
      initial: "a",
      states: {
        a: { entry: raise({ type: "x" }), exit: raise({ type: "y" }), always: { guard: () => false }, on: { E: "b" } },
        b: {},
      },
    });
    expect(machine.implementations.actors["child"]).toBe(idle);
    const node = machine.root.states["a"];
    expect([node?.entry.length, node?.exit.length, node?.always?.length]).toEqual([1, 1, 1]);
    expect(node?.transitions.get("E")).toHaveLength(1);
    expect(machine.root.initial.actions).toEqual([]);
  });
});

describe("children", () => {
  test("stand in the snapshot of their parent by id, under the name of their logic", () => {
    const children = childrenOf(made(parentOf(idle)).getSnapshot());
    expect(Object.entries(children).map(([key, child]) => [key, child.id, child.src])).toEqual([["c", "c", "child"]]);
  });

  test("of an inline invoke have the place of the invoke for a name", () => {
    const machine = createMachine({
      id: "m",
      initial: "a",
      states: { a: { invoke: [{ src: idle }, { src: idle }] } },
    });
    const children = Object.values(childrenOf(made(machine).getSnapshot()));
    expect(children.map(({ src }) => src)).toEqual(["xstate.invoke.0.m.a", "xstate.invoke.1.m.a"]);
    expect(machine.getStateNodeById("m.a").config.invoke).toHaveLength(2);
  });

  test("are restored from the very snapshot objects in the parent's, with systemId and syncSnapshot", () => {
    const machine = parentOf(idle);
    const stored = createActor(machine).start().getPersistedSnapshot() as unknown as {
      children: Record<string, { snapshot: object }>;
    };
    const inner = stored.children["c"]?.snapshot;
    Object.assign(stored.children["c"] ?? {}, { systemId: "sys", syncSnapshot: true });
    const child = childrenOf(made(machine, { snapshot: stored }).getSnapshot())["c"];
    expect(child?.options.snapshot).toBe(inner);
    expect([child?.systemId, child?._syncSnapshot]).toEqual(["sys", true]);
  });

  test("are changed by actions that resolve to the next snapshot, parameters and further actions", () => {
    const machine = setup({ actors: { child: idle } }).createMachine({ context: { n: 0 } });
    const actor = made(machine);
    const resolve = (action: unknown, children: object) => {
      const snapshot = { ...actor.getSnapshot(), children };
      const builtin = action as {
        type: string;
        resolve: (...args: unknown[]) => [{ children: object }, unknown, unknown];
      };
      const args = { context: {}, event: { type: "x" }, self: actor, system: actor.system };
      const extra = { internalQueue: [], deferredActorIds: [] };
      const result = builtin.resolve(actor._actorScope, snapshot, args, undefined, action, extra);
      return {
        type: builtin.type,
        before: snapshot.children,
        after: result[0].children,
        params: result[1],
        more: result[2],
      };
    };
    const child = made(idle, { id: "c", parent: actor });

    const spawned = resolve(spawnChild("child" as never, { id: "d" } as never), { c: child });
    expect([spawned.type, Object.keys(spawned.after)]).toEqual(["xstate.spawnChild", ["c", "d"]]);
    expect((spawned.params as { actorRef: InternalActor }).actorRef.id).toBe("d");
    const anonymous = resolve(spawnChild("child" as never), { c: child });
    expect(Object.keys(anonymous.after)).toEqual(["c", "undefined"]);

    const stopped = resolve(stopChild("c"), { c: child });
    expect([stopped.type, stopped.after, stopped.params]).toEqual(["xstate.stopChild", {}, child]);

    const assigned = resolve(assign({ n: 1 }), { c: child });
    expect([assigned.type, assigned.after]).toEqual(["xstate.assign", { c: child }]);
    expect(assigned.after).toBe(assigned.before);

    const further = raise({ type: "x" });
    const enqueued = resolve(
      enqueueActions(({ enqueue }) => enqueue(further as never)),
      { c: child },
    );
    expect([enqueued.type, enqueued.more]).toEqual(["xstate.enqueueActions", [further]]);
  });
});
