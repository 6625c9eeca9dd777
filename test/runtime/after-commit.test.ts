import { describe, expect, test } from "vitest";
import { createActor, createMachine } from "xstate";
import { afterCommit, openRuntime } from "../../src/runtime/index.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";

describe("afterCommit()", () => {
  const told: string[] = [];
  const machine = createMachine({
    initial: "a",
    states: {
      a: {
        on: { go: { target: "b", actions: afterCommit((_: object, params: unknown) => told.push(`went ${params}`)) } },
      },
      b: {},
    },
  });

  test("runs at once in plain XState", () => {
    told.length = 0;
    createActor(machine).start().send({ type: "go" });
    expect(told).toEqual(["went undefined"]);
  });

  test("does not run when its transition was not committed", async () => {
    told.length = 0;
    const runtime = await openRuntime({ machines: { machine } });
    runtime.createActor("machine", { id: "m" }).send({ type: "go" });
    runtime.halt();
    await new Promise(setImmediate);
    expect(told).toEqual([]);
  });

  test("may halt the runtime, whose alarm is not set any more then", async () => {
    const clock = simulatedClock();
    const halting = createMachine({ entry: afterCommit(() => runtime.halt()), after: { 1000: {} } });
    const runtime = await openRuntime({ clock, machines: { halting } });
    runtime.createActor("halting", { id: "h" });
    await runtime.settled();
    expect(clock.pending()).toBe(0);
  });
});
