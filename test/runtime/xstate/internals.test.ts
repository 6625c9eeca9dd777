import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import {
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  createMachine,
  fromPromise,
  fromTransition,
  type InspectionEvent,
  raise,
  sendTo,
  setup,
} from "xstate";
import {
  childErrorPrefix,
  childSnapshotPrefix,
  type InternalLogic,
  initEvent,
  internal,
  isActorRef,
  type MicrostepEvent,
  processing,
  promiseRejected,
  promiseResolved,
  stopEvent,
  withMailHeld,
} from "../../../src/runtime/xstate/internals.ts";
import { asLogic, idle, made } from "./logic.fixture.ts";

/** The types of the events that reach the transition function of a logic. */
function spied(logic: AnyActorLogic): { readonly logic: AnyActorLogic; readonly types: string[] } {
  const types: string[] = [];
  const spy = Object.create(logic) as { transition: InternalLogic["transition"] };
  spy.transition = (snapshot, event, scope) => {
    types.push(event.type);
    return asLogic(logic).transition(snapshot, event, scope);
  };
  return { logic: spy as unknown as AnyActorLogic, types };
}

test("XState is pinned to the version whose private parts are known", () => {
  const own = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const installed = createRequire(import.meta.url)("xstate/package.json") as { version: string };
  expect([own.dependencies["xstate"], installed.version]).toEqual(["5.33.3", "5.33.3"]);
});

describe("names of events", () => {
  test("an actor starts with the init event", () => {
    const seen: string[] = [];
    const inspect = (event: InspectionEvent) => event.type === "@xstate.event" && seen.push(event.event.type);
    createActor(idle, { inspect }).start();
    expect(seen).toEqual([initEvent]);
  });

  test("stop() reaches the transition function as the stop event", () => {
    const { logic, types } = spied(fromTransition((state) => state, 0));
    createActor(logic).start().stop();
    expect(types).toEqual([stopEvent]);
  });

  test.each([
    ["resolves", promiseResolved, () => Promise.resolve(7)],
    ["rejects", promiseRejected, () => Promise.reject(7)],
  ])("a promise that %s sends itself %s with its value as data", async (_, type, run) => {
    const seen: unknown[] = [];
    const logic = fromPromise(run);
    const { transition } = logic;
    logic.transition = (snapshot, event, scope) => {
      seen.push(event);
      return transition(snapshot, event, scope);
    };
    const actor = createActor(logic);
    await new Promise<void>((resolve) => {
      actor.subscribe({ complete: resolve, error: () => resolve() });
      actor.start();
    });
    expect(seen).toEqual([{ type, data: 7 }]);
  });

  test("a parent hears of a child's error and of its snapshots under their prefixes", () => {
    const fails = fromTransition((): number => {
      throw new Error("broken");
    }, 0);
    const parent = setup({ actors: { fails } }).createMachine({
      invoke: { id: "c", src: "fails", onError: {}, onSnapshot: {} },
      on: { BREAK: { actions: sendTo("c", { type: "x" }) } },
    });
    const { logic, types } = spied(parent);
    const actor = createActor(logic).start();
    actor.send({ type: "BREAK" });
    expect(types).toContain(`${childErrorPrefix}.c`);

    const counts = fromTransition((n: number) => n + 1, 0);
    const watching = spied(
      setup({ actors: { counts } }).createMachine({
        invoke: { id: "c", src: "counts", onSnapshot: {} },
        on: { COUNT: { actions: sendTo("c", { type: "x" }) } },
      }),
    );
    createActor(watching.logic).start().send({ type: "COUNT" });
    expect(watching.types).toContain(`${childSnapshotPrefix}c`);
  });
});

describe("an actor", () => {
  test("has the members that are used", () => {
    const actor = made(idle, { id: "m", systemId: "sys", input: 1 });
    expect(actor).toMatchObject({ id: "m", systemId: "sys", _processingStatus: processing.notStarted });
    expect(actor.sessionId).toMatch(/^x:\d+$/);
    expect(actor.observers).toBeInstanceOf(Set);
    expect(actor.eventListeners).toBeInstanceOf(Map);
    expect(actor.options.input).toBe(1);
    expect(actor.ref).toBe(actor);
    expect([typeof actor._send, typeof actor._stop]).toEqual(["function", "function"]);
    expect(actor._snapshot).toBe(actor.getSnapshot());
    expect(typeof (actor as unknown as { _error: unknown })._error).toBe("function");
  });

  test("counts its status from not started over running to stopped", () => {
    const actor = made(idle);
    const before = actor._processingStatus;
    actor.start();
    const during = actor._processingStatus;
    (actor as unknown as { stop(): void }).stop();
    const { notStarted, running, stopped } = processing;
    expect([before, during, actor._processingStatus]).toEqual([notStarted, running, stopped]);
  });

  test("takes what comes while its mail is held when that is over, and at once before and after", () => {
    const { logic, types } = spied(fromTransition((state) => state, 0));
    const actor = made(logic);
    actor.start();
    withMailHeld(actor, () => {
      actor._send({ type: "held" });
      expect(types).toEqual([]);
    });
    expect(types).toEqual(["held"]);
    actor._send({ type: "sent" });
    expect(types).toEqual(["held", "sent"]);
  });

  test("has a scope with itself, its system and the ways to act on them", () => {
    const actor = made(idle);
    const scope = actor._actorScope;
    expect([scope.self, scope.system]).toEqual([actor, actor.system]);
    expect([scope.defer, scope.stopChild, scope.emit].map((part) => typeof part)).toEqual([
      "function",
      "function",
      "function",
    ]);
  });

  test("is told from data by its session, its send and its ref", () => {
    expect(isActorRef(made(idle))).toBe(true);
    expect(isActorRef({ sessionId: "x:0", send: () => undefined })).toBe(false);
  });

  test("takes its system from a parent that has nothing else, and keeps the snapshot it was given", () => {
    const { system } = made(idle);
    const snapshot = createActor(idle).getPersistedSnapshot();
    const actor = made(idle, { parent: { system }, snapshot });
    expect([actor.system, actor.options.snapshot]).toEqual([system, snapshot]);
    expect(actor._parent).toEqual({ system });
  });

  test("is announced before its first snapshot is made, with its logic still to be replaced", () => {
    const { system } = made(idle);
    const own = Object.create(idle) as { getInitialSnapshot: unknown };
    let asked = 0;
    own.getInitialSnapshot = (...args: Parameters<typeof idle.getInitialSnapshot>) => {
      asked += 1;
      return idle.getInitialSnapshot(...args);
    };
    system.inspect((event) => {
      if (event.type === "@xstate.actor") {
        internal(event.actorRef as AnyActorRef).logic = own as unknown as InternalLogic;
      }
    });
    made(idle, { parent: { system } });
    expect(asked).toBe(1);
  });
});

describe("a system", () => {
  test("has the members that a durable one stands in for", () => {
    const { system } = made(idle);
    for (const name of [
      "_bookId",
      "_register",
      "_unregister",
      "_set",
      "get",
      "getAll",
      "inspect",
      "_sendInspectionEvent",
      "_relay",
      "getSnapshot",
      "start",
      "_logger",
    ] as const) {
      expect(typeof system[name], name).toBe("function");
    }
    expect(Object.keys(system.scheduler).sort()).toEqual(["cancel", "cancelAll", "schedule"]);
    expect(system._snapshot).toEqual({ _scheduledEvents: {} });
    expect(Object.keys(system).sort()).toEqual([
      "_bookId",
      "_clock",
      "_logger",
      "_register",
      "_relay",
      "_sendInspectionEvent",
      "_set",
      "_snapshot",
      "_unregister",
      "get",
      "getAll",
      "getSnapshot",
      "inspect",
      "scheduler",
      "start",
    ]);
  });

  test("gets each delayed event with source, target, event, delay and id", () => {
    const machine = createMachine({ entry: raise({ type: "LATER" }, { delay: 20, id: "l" }) });
    const actor = made(machine);
    const calls: unknown[][] = [];
    actor.system.scheduler = {
      schedule: (...args) => calls.push(args),
      cancel: () => undefined,
      cancelAll: () => undefined,
    };
    actor.start();
    expect(calls).toEqual([[actor, actor, { type: "LATER" }, 20, "l"]]);
  });

  test("is told of each microstep with the transitions that it took", () => {
    const steps: MicrostepEvent[] = [];
    const inspect = (event: InspectionEvent) =>
      event.type === "@xstate.microstep" && steps.push(event as unknown as MicrostepEvent);
    createActor(idle, { inspect }).start().send({ type: "GO" });
    const last = steps.at(-1);
    expect(last?.event).toEqual({ type: "GO" });
    expect(last?.snapshot.value).toBe("b");
    expect(last?._transitions.map(({ eventType, source, target }) => [eventType, source.path, target?.length])).toEqual(
      [["GO", ["a"], 1]],
    );
  });
});
