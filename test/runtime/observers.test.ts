import { describe, expect, test } from "vitest";
import { type InspectionEvent, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { unhandledErrors } from "./unhandled.fixture.ts";

const lamp = setup({}).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});
const machines = { lamp };

const isFlip = ({ type, ...rest }: InspectionEvent): boolean =>
  type === "@xstate.event" && (rest as { event: { type: string } }).event.type === "flip";

describe("who inspects", () => {
  test.each(["a function", "an observer"])(
    "hears of each event once, however often it asks for the actor: %s",
    async (kind) => {
      const runtime = await openRuntime({ machines });
      let flips = 0;
      const next = (event: InspectionEvent) => {
        flips += isFlip(event) ? 1 : 0;
      };
      const inspect = kind === "a function" ? next : { next };
      for (let request = 0; request < 3; request += 1) {
        runtime.createActor("lamp", { id: "l", inspect }).send({ type: "flip" });
      }
      expect(flips).toBe(3);
      await runtime.close();
    },
  );

  test("twice with one function, and ends it once, goes on being told", async () => {
    const runtime = await openRuntime({ machines });
    const told: string[] = [];
    const inspect = (event: InspectionEvent) => told.push(event.type);
    const [first, second] = [runtime.inspect(inspect), runtime.inspect(inspect)];
    first.unsubscribe();
    runtime.createActor("lamp", { id: "l" });
    expect(told.filter((type) => type === "@xstate.actor")).toHaveLength(1);
    second.unsubscribe();
    await runtime.close();
  });

  test.each([undefined, null, true, "log"])("is a function or an observer, not %o", async (inspect) => {
    const runtime = await openRuntime({ machines });
    const refused = { code: "OPTIONS_INVALID", fix: expect.stringContaining("a function, or an object with next()") };
    expect(() => runtime.inspect(inspect as never)).toThrow(expect.objectContaining(refused));
    await runtime.close();
  });

  test.each([true, "log"])("as an option of an actor is no %o", async (inspect) => {
    const runtime = await openRuntime({ machines });
    const refused = expect.objectContaining({ code: "OPTIONS_INVALID" });
    expect(() => runtime.createActor("lamp", { id: "l", inspect: inspect as never })).toThrow(refused);
    expect(runtime.list()).toEqual([]);
    await runtime.close();
  });

  test("as an option of an actor may be null, as in XState, made or found", async () => {
    const unhandled = unhandledErrors();
    const runtime = await openRuntime({ machines });
    for (const state of ["on", "off"]) {
      const actor = runtime.createActor("lamp", { id: "l", inspect: null as never });
      expect((await actor.deliver({ type: "flip" })).value).toBe(state);
    }
    await runtime.close();
    expect(unhandled).toEqual([]);
  });
});
