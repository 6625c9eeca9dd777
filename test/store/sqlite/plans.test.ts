import { afterEach, expect, test, vi } from "vitest";
import { createMachine } from "xstate";
import { openRuntime } from "../../../src/runtime/index.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";

afterEach(() => vi.restoreAllMocks());

/** Small by nature, a list that was handed over, and what is pending. */
const mayBeRead = /SCAN (claim|n|json_each|timers|sqlite_schema|schema_versions|b|below|roots|CONSTANT ROW)\b/;
/** The ends of tables that are in the order of their keys. */
const readsAnEnd = /^SELECT [^()]* FROM \w+ ORDER BY \w+ DESC LIMIT 1$|max\((no|first_seq|commit_no)\)/;

/** Where SQLite reads a whole table; for max() of what has no index it says SEARCH, without the name of one. */
const readsAll = (detail: string): boolean => /^SCAN/.test(detail) || /^SEARCH \w+$/.test(detail);

test("no statement of a start or of a step reads a whole table (I10)", async () => {
  const prepared = new Set<string>();
  const { prepare } = Database.prototype;
  let db: Database | undefined;
  vi.spyOn(Database.prototype, "prepare").mockImplementation(function (this: Database, sql: string) {
    db = this;
    prepared.add(sql);
    return prepare.call(this, sql);
  });
  const store = openSqlite({ file: ":memory:" });
  const lamp = createMachine({
    initial: "off",
    states: { off: { on: { flip: "on" } }, on: { after: { 9999: "off" } } },
  });
  const runtime = await openRuntime({ store, machines: { lamp } });
  runtime.createActor("lamp", { id: "l" });
  await runtime.deliver("l", { type: "flip" }, { idempotencyKey: "once" });
  await runtime.note("l", { type: "warning", trigger: "looked", reason: "dim" });
  runtime.list({ root: "l" });
  store.journalOf(1);
  store.journalSinceWhole(1);
  vi.restoreAllMocks();
  const faults = [...prepared].flatMap((sql) => {
    const text = sql.replaceAll(/\s+/g, " ").trim();
    const values = Array.from(sql.matchAll(/\?/g), () => null);
    const plan = db?.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values) ?? [];
    return plan
      .filter(({ detail }) => readsAll(detail) && !mayBeRead.test(detail) && !readsAnEnd.test(text))
      .map(({ detail }) => `${detail}: ${text}`);
  });
  expect(prepared.size).toBeGreaterThan(20);
  expect(faults).toEqual([]);
  await runtime.close();
  store.close();
});

test("a list reads what it gives, and no more", async () => {
  const store = openSqlite({ file: ":memory:" });
  const lamp = createMachine({
    type: "parallel",
    states: {
      bulb: { initial: "off", states: { off: { on: { flip: "on" } }, on: {}, only: {} } },
      socket: { initial: "a", states: { a: { initial: "x", states: { x: {} } } } },
    },
  });
  const runtime = await openRuntime({ store, machines: { lamp } });
  for (const id of ["off", "on", "too"]) {
    runtime.createActor("lamp", { id });
  }
  await runtime.deliver("on", { type: "flip" });
  const { prepare } = Database.prototype;
  let rows = 0;
  vi.spyOn(Database.prototype, "prepare").mockImplementation(function (this: Database, sql: string) {
    const statement = prepare.call(this, sql);
    const all = statement.all.bind(statement) as (...values: unknown[]) => unknown[];
    return Object.assign(statement, {
      all: (...values: unknown[]) => {
        const found = all(...values);
        rows += found.length;
        return found;
      },
    });
  });
  const listed = (state: string): unknown => {
    rows = 0;
    return [runtime.list({ state }).map(({ id }) => id), rows];
  };
  expect(listed("bulb.on")).toEqual([["on"], 1]);
  expect(listed("bulb.o")).toEqual([[], 0]);
  expect(listed("ulb.on")).toEqual([[], 0]);
  expect(listed("bulb")).toEqual([["off", "on", "too"], 3]);
  expect(listed("socket.a")).toEqual([["off", "on", "too"], 3]);
  expect(listed("a")).toEqual([[], 0]);
  await runtime.close();
  store.close();
});
