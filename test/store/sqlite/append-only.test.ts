import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { setup } from "xstate";
import { PawlError } from "../../../src/base/errors/index.ts";
import { openRuntime } from "../../../src/runtime/index.ts";
import type { AuditRow, Commit } from "../../../src/store/port.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";

const lamp = setup({}).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});

async function flippedStore(): Promise<Database.Database> {
  const file = join(testFolder(), "lamp.db");
  const runtime = await openRuntime({ file, machines: { lamp } });
  const actor = runtime.createActor("lamp", { id: "l" });
  await actor.deliver({ type: "flip" });
  await actor.deliver({ type: "flip" });
  await runtime.close();
  const db = new Database(file);
  onTestFinished(() => {
    db.close();
  });
  return db;
}

const audit: AuditRow = {
  event_id: "evt_1",
  event_type: "state_transition",
  entity_type: "lamp",
  entity_id: "l",
  from_state: "off",
  to_state: "on",
  trigger: "flip",
  reason: null,
  severity: "info",
  operator: null,
  metadata: {},
  context: {},
  evidence: null,
  transitioned_at: "2026-01-01T00:00:00.000Z",
};

const commitOf = (audits: readonly AuditRow[]): Commit => ({
  at: 1,
  actors: [],
  journal: [],
  audits,
  rows: [],
  timersDisarmed: [],
  timersArmed: [],
  effects: [],
  lateSettlements: [],
  deliveries: [],
});

describe("history in the database (I7)", () => {
  test.each([
    "UPDATE state_transitions SET to_state = 'off'",
    "DELETE FROM state_transitions",
    "REPLACE INTO state_transitions SELECT * FROM state_transitions",
    "INSERT INTO state_transitions SELECT transition_id + 5, event_id || 'x', event_type, entity_type, entity_id, from_state, to_state, trigger, reason, severity, operator, metadata, context, evidence, transitioned_at, prev_hash, hash FROM state_transitions",
    "UPDATE journal SET event = '{}'",
    "DELETE FROM journal",
    "REPLACE INTO journal SELECT * FROM journal",
    "UPDATE commits SET at = 0",
    "DELETE FROM commits",
    "REPLACE INTO commits SELECT * FROM commits",
  ])("refuses %s", async (sql) => {
    const db = await flippedStore();
    const [table] = /state_transitions|journal|commits/.exec(sql) ?? [];
    const before = db.prepare(`SELECT * FROM ${table}`).all();
    expect(before.length).toBeGreaterThan(1);
    expect(() => db.exec(sql)).toThrow(`${table} is append-only`);
    expect(db.prepare(`SELECT * FROM ${table}`).all()).toEqual(before);
  });

  test("refuses an entity_type that nobody named", async () => {
    const db = await flippedStore();
    const insert = `INSERT INTO state_transitions SELECT max(transition_id) + 1, 'evt_x', event_type, 'ghost', entity_id, from_state,
      to_state, trigger, reason, severity, operator, metadata, context, evidence, transitioned_at, hash, 'h' FROM state_transitions`;
    expect(() => db.exec(insert)).toThrow("unknown entity_type");
    db.exec(insert.replace("'ghost'", "'lamp'"));
  });
});

describe("a commit", () => {
  test("leaves nothing of itself when one of its rows is refused (I1)", () => {
    const store = openSqlite({ file: ":memory:" });
    const heard: number[] = [];
    store.onCommitted((audits) => heard.push(audits.length));
    expect(() => store.commit(commitOf([audit, { ...audit, event_id: "no_event" }]))).toThrow(
      "CHECK constraint failed",
    );
    expect([store.auditsAfter(0, 10), heard]).toEqual([[], []]);
    store.commit(commitOf([audit]));
    expect(store.auditsAfter(0, 10)).toMatchObject([{ ...audit, transition_id: 1 }]);
    expect(heard).toEqual([1]);
    store.close();
  });

  test("is refused, with nothing written, once another process holds the claim (I8)", () => {
    const file = join(testFolder(), "store.db");
    let now = 1_000_000;
    const clock = { now: () => now, monotonic: () => now, setTimeout: () => 0, clearTimeout: () => undefined };
    const first = openSqlite({ file, clock });
    first.commit(commitOf([audit]));
    expect(() => openSqlite({ file, clock })).toThrow(`is in use by process ${process.pid}`);
    now += 10_001;
    const second = openSqlite({ file, clock });
    expect(() => first.commit(commitOf([audit]))).toThrow(PawlError);
    expect(() => first.commit(commitOf([audit]))).toThrow("was taken over by another process (claim 2, ours was 1)");
    expect(second.auditsAfter(0, 10).length).toBe(1);
    second.commit(commitOf([audit]));
    expect(second.auditsAfter(0, 10).length).toBe(2);
    // What closes late takes nothing from who holds the claim now.
    first.close();
    second.commit(commitOf([audit]));
    second.close();
  });
});
