import { describe, expect, test } from "vitest";
import { createActor, createMachine, fromTransition, setup } from "xstate";
import { openRuntime, type Runtime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/index.ts";
import { noTexts } from "./no-texts.fixture.ts";

const lamp = setup({}).createMachine({
  id: "lamp",
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});
const counter = fromTransition((count: number) => count + 1, 0);
const machines = { lamp, counter };

describe("deliver", () => {
  test.each([{}, null, undefined, { type: 7 }, { type: null }, "flip"])(
    "refuses %j, which is no event, and the runtime goes on",
    async (event) => {
      const runtime = await openRuntime({ machines });
      const actors = [runtime.createActor("lamp", { id: "l" }), runtime.createActor("counter", { id: "c" })];
      for (const actor of actors) {
        await expect(actor.deliver(event as never)).rejects.toMatchObject({ code: "INVALID_TRANSITION" });
      }
      await runtime.deliver("l", { type: "flip" });
      expect(runtime.list({ machine: "lamp" })).toMatchObject([{ state: "on" }]);
      await runtime.close();
    },
  );

  test.each([...noTexts, false, 0, "", "tab\there", "x".repeat(1_001), "\ud800"])(
    "refuses %o as an idempotency key, and the runtime goes on",
    (idempotencyKey) =>
      unharmed(async (runtime) => {
        const refused = { code: "IDEMPOTENCY_KEY_INVALID", httpStatus: 400 };
        const ephemeral = runtime.createActor(createMachine({ on: { flip: { actions: [] } } })).start();
        for (const actor of [runtime.actor("l"), ephemeral]) {
          const delivered = actor?.deliver({ type: "flip" }, { idempotencyKey: idempotencyKey as never });
          await expect(delivered).rejects.toMatchObject(refused);
        }
        await expect(
          runtime.deliver("l", { type: "flip" }, { idempotencyKey: idempotencyKey as never }),
        ).rejects.toMatchObject(refused);
        expect(runtime.actor("l")?.getSnapshot()).toMatchObject({ value: "off" });
      }),
  );

  test.each([{ idempotencykey: "k" }, { key: "k" }, "k"])("refuses %o: it would be delivered twice", (options) =>
    unharmed(async (runtime) => {
      const refused = { code: "OPTIONS_INVALID", fix: expect.stringContaining("idempotencyKey") };
      const ephemeral = runtime.createActor(createMachine({ on: { flip: { actions: [] } } })).start();
      for (const actor of [runtime.actor("l"), ephemeral]) {
        await expect(actor?.deliver({ type: "flip" }, options as never)).rejects.toMatchObject(refused);
      }
      await expect(runtime.deliver("l", { type: "flip" }, options as never)).rejects.toMatchObject(refused);
      expect(runtime.actor("l")?.getSnapshot()).toMatchObject({ value: "off" });
    }),
  );

  test.each([undefined, null])("takes %o for no idempotency key", (idempotencyKey) =>
    unharmed(async (runtime) => {
      for (const value of ["on", "off"]) {
        await runtime.deliver("l", { type: "flip" }, { idempotencyKey: idempotencyKey as never });
        expect(runtime.actor("l")?.getSnapshot()).toMatchObject({ value });
      }
    }),
  );
});

describe("send", () => {
  test.each([{}, null, undefined, { type: 7 }, 7])("refuses %j, which would end the actor for good", (event) =>
    unharmed(async (runtime) => {
      const refused = expect.objectContaining({ code: "EVENT_INVALID", httpStatus: 400 });
      expect(() => runtime.actor("l")?.send(event as never)).toThrow(refused);
      expect(runtime.actor("l")?.getSnapshot()).toMatchObject({ status: "active", value: "off" });
    }),
  );
});

/** Runs something with a bad argument in a runtime with one actor, and looks whether that one lives and is kept. */
async function unharmed(act: (runtime: Runtime<typeof machines>) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const store = openSqlite({ file: ":memory:" });
  const runtime = await openRuntime({ store, machines, onFailure: (error) => failures.push(error) });
  runtime.createActor("lamp", { id: "l" });
  await act(runtime);
  await runtime.deliver("l", { type: "flip" });
  expect(failures).toEqual([]);
  await runtime.close();
  const again = await openRuntime({ store, machines });
  expect(again.list().map(({ id, state }) => [id, state])).toEqual([["l", "on"]]);
  await again.close();
  store.close();
}

describe("createActor", () => {
  test.each([...noTexts, "", "tab\there", "x".repeat(1_001), "\ud800"])(
    "refuses %o as an id, and nothing else is lost",
    (id) =>
      unharmed(async (runtime) => {
        const refused = expect.objectContaining({ code: "ACTOR_ID_INVALID", httpStatus: 400 });
        expect(() => runtime.createActor("lamp", { id: id as never })).toThrow(refused);
        expect(() => runtime.createActor(lamp, { id: id as never })).toThrow(refused);
        await runtime.settled();
        expect(() => runtime.fork("l", 1, id as never)).toThrow(refused);
      }),
  );

  test.each(noTexts)("refuses %o as a systemId, and nothing else is lost", (systemId) =>
    unharmed(async (runtime) => {
      const refused = expect.objectContaining({ code: "SYSTEM_ID_INVALID", httpStatus: 400 });
      for (const logic of ["lamp", lamp] as const) {
        const made = () => runtime.createActor(logic as "lamp", { id: "m", systemId: systemId as never });
        expect(made).toThrow(refused);
      }
      expect(runtime.actor("m")).toBeUndefined();
    }),
  );

  test.each([undefined, null, 7, { initial: "off" }, () => lamp])("refuses %o, which is no logic", (logic) =>
    unharmed(async (runtime) => {
      const refused = { code: "LOGIC_INVALID", fix: expect.stringContaining("createMachine()") };
      expect(() => runtime.createActor(logic as unknown as typeof lamp)).toThrow(expect.objectContaining(refused));
    }),
  );

  test.each([
    ["clock", simulatedClock(), "openRuntime({ clock })"],
    ["logger", () => undefined, "openRuntime({ logger })"],
    ["snapshot", createActor(lamp).getPersistedSnapshot(), "runtime.fork()"],
    ["parent", createActor(lamp), "spawn or invoke"],
  ])("refuses a %s of an actor's own, and says what to do instead", (option, value, instead) =>
    unharmed(async (runtime) => {
      for (const logic of ["lamp", lamp] as const) {
        const made = () => runtime.createActor(logic as "lamp", { id: "m", [option]: value } as never);
        const refused = { code: "OPTION_NOT_DURABLE", fix: expect.stringContaining(instead) };
        expect(made).toThrow(expect.objectContaining(refused));
      }
    }),
  );

  test.each([{ ID: "m" }, { id: "m", inputs: {} }, "m", 7, null])(
    "refuses %o for its options: it would make another actor each time",
    (options) =>
      unharmed(async (runtime) => {
        for (const logic of ["lamp", lamp] as const) {
          const made = () => runtime.createActor(logic as "lamp", options as never);
          const refused = { code: "OPTIONS_INVALID", fix: expect.stringContaining("id, input, systemId, inspect") };
          expect(made).toThrow(expect.objectContaining(refused));
        }
        await runtime.settled();
        expect(runtime.list()).toHaveLength(1);
      }),
  );

  test("takes what else XState's own takes", () =>
    unharmed(async (runtime) => {
      const options = { id: "m", devTools: true, src: "lamp", clock: undefined, snapshot: undefined };
      expect(runtime.createActor("lamp", options as never).id).toBe("m");
      runtime.actor("m")?.stop();
    }));

  test("leaves XState's options to logic that is not registered and lives as long as the process", async () => {
    const runtime = await openRuntime({ machines });
    const clock = simulatedClock();
    const timed = createMachine({ initial: "a", states: { a: { after: { 1000: "b" } }, b: {} } });
    const actor = runtime.createActor(timed, { clock: clock as never }).start();
    clock.advance(1_000);
    expect(actor.getSnapshot().value).toBe("b");
    await runtime.close();
  });
});

describe("note", () => {
  const sound = { type: "warning", trigger: "noticed", reason: "because", operator: "ines" } as const;

  test.each([
    ...["type", "trigger", "reason"].flatMap((member) => [...noTexts, null, undefined].map((value) => [member, value])),
    ...[...noTexts, null].map((value) => ["operator", value]),
    ["type", "good_news"],
    ["trigger", ""],
  ])("refuses one whose %s is %o, and nothing is lost", (member, value) =>
    unharmed(async (runtime) => {
      const noted = runtime.note("l", { ...sound, [String(member)]: value } as never);
      await expect(noted).rejects.toMatchObject({ code: "NOTE_INVALID", values: { member } });
    }),
  );

  test.each([undefined, null, {}, "a text", 7])("refuses %o, which is none", (note) =>
    unharmed(async (runtime) => {
      await expect(runtime.note("l", note as never)).rejects.toMatchObject({ code: "NOTE_INVALID" });
    }),
  );
});

describe("list", () => {
  test.each([{ mashine: "lamp" }, "lamp", null])("refuses %o, which would list all", (filter) =>
    unharmed(async (runtime) => {
      const refused = { code: "OPTIONS_INVALID", fix: expect.stringContaining("machine, state, tag") };
      expect(() => runtime.list(filter as never)).toThrow(expect.objectContaining(refused));
    }),
  );

  test.each([
    ["machine", {}],
    ["machine", null],
    ["state", 5],
    ["tag", Symbol("lit")],
    ["status", true],
    ["root", Symbol("l")],
    ["rootsOnly", "yes"],
  ])("refuses %s: %o, which would find nothing, or all", (option, value) =>
    unharmed(async (runtime) => {
      const refused = {
        code: "OPTIONS_INVALID",
        message: expect.stringMatching(`^list does not take .* for ${option}$`),
      };
      expect(() => runtime.list({ [option]: value })).toThrow(expect.objectContaining(refused));
    }),
  );
});

describe("openInspector", () => {
  test.each([{ prot: 9229 }, null, { token: 7 }])(
    "refuses %o, which would be another, or fail with the first viewer",
    (options) =>
      unharmed(async (runtime) => {
        const opened = runtime.openInspector(options as never);
        await expect(opened).rejects.toMatchObject({ code: "OPTIONS_INVALID", values: { place: "openInspector" } });
      }),
  );
});

describe("a runtime that is closed", () => {
  test("says so to all that would change something, and keeps nobody waiting", async () => {
    const runtime = await openRuntime({ machines });
    const actor = runtime.createActor("lamp", { id: "l" });
    await runtime.close();
    const closed = { code: "RUNTIME_CLOSED" };
    await expect(actor.deliver({ type: "flip" })).rejects.toMatchObject(closed);
    await expect(actor.deliver({ type: "unknown" } as never)).rejects.toMatchObject(closed);
    await expect(runtime.note("l", { type: "warning", trigger: "t", reason: "r" })).rejects.toMatchObject(closed);
    expect(() => runtime.createActor("lamp", { id: "m" })).toThrow("it was closed");
    expect(() => runtime.createActor("lamp", { id: "l" })).toThrow("it was closed");
    for (const asked of [
      () => runtime.list(),
      () => runtime.history("l"),
      () => runtime.at("l", 1),
      () => runtime.fork("l", 1, "m"),
    ]) {
      expect(asked).toThrow(expect.objectContaining(closed));
    }
  });
});

describe("an id that is no text", () => {
  test.each([...noTexts, null, undefined])("is no actor's: %o", (id) =>
    unharmed(async (runtime) => {
      const message = `no actor "${String(id)}"`;
      const unknown = expect.objectContaining({ code: "ACTOR_UNKNOWN", httpStatus: 404, message });
      expect(runtime.actor(id as never)).toBeUndefined();
      expect(() => runtime.history(id as never)).toThrow(unknown);
      expect(() => runtime.at(id as never, 1)).toThrow(unknown);
      expect(() => runtime.fork(id as never, 1, "new")).toThrow(unknown);
      await expect(runtime.deliver(id as never, { type: "flip" })).rejects.toEqual(unknown);
      await expect(runtime.note(id as never, { type: "warning", trigger: "t", reason: "r" })).rejects.toEqual(unknown);
    }),
  );

  test.each([{}, [1], null, undefined, "1", Number.NaN, 0.5, -1])("nor is a transition: %o", (transition) =>
    unharmed(async (runtime) => {
      const unknown = expect.objectContaining({ code: "TRANSITION_UNKNOWN" });
      runtime.createActor("lamp", { id: "l" });
      await runtime.settled();
      expect(() => runtime.at("l", transition as never)).toThrow(unknown);
      expect(() => runtime.fork("l", transition as never, "new")).toThrow(unknown);
    }),
  );

  test("is not taken for the text of it", async () => {
    const runtime = await openRuntime({ machines });
    runtime.createActor("lamp", { id: "7" });
    await runtime.settled();
    expect([runtime.actor(7 as never), runtime.actor("7")?.id]).toEqual([undefined, "7"]);
    expect(() => runtime.history(7 as never)).toThrow(expect.objectContaining({ code: "ACTOR_UNKNOWN" }));
    await runtime.close();
  });
});
