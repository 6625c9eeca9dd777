import { describe, expect, test } from "vitest";
import { createActor, createMachine } from "xstate";
import { afterCommit, openRuntime } from "../../src/runtime/index.ts";

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
});
