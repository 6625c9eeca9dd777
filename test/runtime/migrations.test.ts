import { describe, expect, test } from "vitest";
import { setup } from "xstate";
import { openRuntime, type StoredSnapshot } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

const first = setup({ types: {} as { context: { name: string } } }).createMachine({
  context: { name: "Ann Lee" },
  initial: "open",
  states: { open: {} },
});

describe("migrate functions", () => {
  const note = (step: string) => (snapshot: StoredSnapshot) => ({
    ...snapshot,
    context: { name: `${(snapshot["context"] as { name: string }).name} ${step}` },
  });

  test.each([
    ["1", ["1", "1.5", "2"], " 1 1.5 2"],
    ["1.5", ["1", "1.5", "2"], " 1.5 2"],
    ["1.0", ["1.0", "2"], " 1.0 2"],
    ["1.9", ["1.9", "1.10", "1.2"], " 1.9 1.10"],
    ["draft", ["draft", "v2"], " draft v2"],
  ])("from version %s, of those for %j, are applied as%s", async (version, versions, steps) => {
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { person: { logic: first, version } } });
    runtime.createActor("person", { id: "p" });
    await runtime.close();
    const migrate = Object.fromEntries(versions.map((from) => [from, note(from)]));
    const later = await openRuntime({ store, machines: { person: { logic: first, version: "last", migrate } } });
    expect(later.createActor("person", { id: "p" }).getSnapshot().context.name).toBe(`Ann Lee${steps}`);
    await later.close();
  });

  test("are refused where they return no snapshot, with the version they start from", async () => {
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { person: { logic: first, version: "1" } } });
    runtime.createActor("person", { id: "p" });
    await runtime.close();
    const migrate = { "1": (() => undefined) as never };
    await expect(
      openRuntime({ store, machines: { person: { logic: first, version: "2", migrate } } }),
    ).rejects.toMatchObject({
      code: "MACHINE_CHANGED",
      message: expect.stringContaining("the migrate function from version 1 returned undefined, not a snapshot"),
    });
  });

  test("are refused where JavaScript does not keep the order in which they were written", async () => {
    const migrate = { draft: note("draft"), "2": note("2") };
    await expect(openRuntime({ machines: { person: { logic: first, version: "3", migrate } } })).rejects.toMatchObject({
      code: "MIGRATIONS_UNORDERED",
      message: expect.stringMatching(/^person: .* from "2" before the one from "draft"/),
    });
  });
});
