import { describe, expect, test } from "vitest";
import { setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

const first = setup({ types: {} as { context: { name: string } } }).createMachine({
  context: { name: "Ann Lee" },
  initial: "open",
  states: { open: {} },
});
const second = setup({ types: {} as { context: { given: string; family: string } } }).createMachine({
  context: { given: "", family: "" },
  initial: "active",
  states: { active: { on: { end: "closed" } }, closed: {} },
});

async function stored() {
  const store = openSqlite({ file: ":memory:" });
  const runtime = await openRuntime({ store, machines: { person: { logic: first, version: "1" } } });
  runtime.createActor("person", { id: "p" });
  await runtime.close();
  return store;
}

describe("a machine that has changed", () => {
  test("is refused without migrate functions, with the actors and what is missing", async () => {
    const store = await stored();
    await expect(openRuntime({ store, machines: { person: { logic: second, version: "2" } } })).rejects.toThrow(
      "1 actors were stored by another version of their machine: p in open (no migrate function from version 1 to 2)",
    );
  });

  test("is noticed under the same version when a state is gone", async () => {
    const store = await stored();
    await expect(openRuntime({ store, machines: { person: { logic: second, version: "1" } } })).rejects.toThrow(
      "'open'",
    );
  });

  test("takes its actors along through the migrate functions between", async () => {
    const store = await stored();
    const runtime = await openRuntime({
      store,
      machines: {
        person: {
          logic: second,
          version: "3",
          migrate: {
            "1": (snapshot) => ({ ...snapshot, value: "active" }),
            "2": (snapshot) => {
              const [given, family] = (snapshot["context"] as { name: string }).name.split(" ");
              return { ...snapshot, context: { given, family } };
            },
          },
        },
      },
    });
    const actor = runtime.createActor("person", { id: "p" });
    expect(actor.getSnapshot().value).toBe("active");
    expect(actor.getSnapshot().context).toEqual({ given: "Ann", family: "Lee" });
    await runtime.settled();
    expect(runtime.list()).toMatchObject([{ id: "p", version: "3", state: "active" }]);
    await runtime.close();
  });

  test("never drops a child whose logic is gone", async () => {
    const child = setup({}).createMachine({});
    const withChild = setup({ actors: { child } }).createMachine({ invoke: { src: "child", id: "c" } });
    const without = setup({ actors: {} }).createMachine({});
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { parent: withChild } });
    runtime.createActor("parent", { id: "p" });
    await runtime.close();
    await expect(openRuntime({ store, machines: { parent: without } })).rejects.toThrow(
      '"child" is not among the actors',
    );
  });
});
