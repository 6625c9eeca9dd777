import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { setup } from "xstate";
import { openRuntime } from "../../../src/runtime/index.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";

const lamp = setup({}).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});

async function flippedStore(): Promise<Database> {
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

describe("history in the database (I7)", () => {
  test.each([
    "UPDATE state_transitions SET to_state = 'off'",
    "DELETE FROM state_transitions",
    "REPLACE INTO state_transitions SELECT * FROM state_transitions",
    "INSERT INTO state_transitions SELECT transition_id + 5, event_id || 'x', event_type, entity_type, entity_id, from_state, to_state, trigger, reason, severity, operator, metadata, context, evidence, transitioned_at, prev_hash, hash FROM state_transitions",
    "UPDATE journal_pages SET entries = '[]'",
    "DELETE FROM journal_pages",
    "REPLACE INTO journal_pages SELECT * FROM journal_pages",
    "UPDATE commits SET at = 0",
    "DELETE FROM commits",
    "REPLACE INTO commits SELECT * FROM commits",
  ])("refuses %s", async (sql) => {
    const db = await flippedStore();
    const [table] = /state_transitions|journal_pages|commits/.exec(sql) ?? [];
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
