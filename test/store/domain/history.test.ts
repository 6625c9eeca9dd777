import type { Database } from "better-sqlite3";
import { expect, test } from "vitest";
import { attempt, insert, type Row, rawStore } from "./raw.fixture.ts";

const event = (id: number, prevHash: string, entity = "task"): Row => ({
  transition_id: id,
  event_id: `evt_${id}`,
  event_type: "task_state_transition",
  entity_type: entity,
  entity_id: "r/a.1",
  from_state: "pending",
  to_state: "queued",
  trigger: "scheduler_assigned",
  severity: "info",
  metadata: "{}",
  context: "{}",
  transitioned_at: "2026-01-01T00:00:00.000Z",
  prev_hash: prevHash,
  hash: `hash-${id}`,
});

function withHistory(): Database {
  const db = rawStore();
  insert(db, "state_transitions", event(1, "0".repeat(64)));
  insert(db, "state_transitions", event(2, "hash-1"));
  insert(db, "journal_pages", { actor_no: 1, first_seq: 1, last_seq: 1, entries: "[[1,0,{},{}]]" });
  insert(db, "commits", { commit_no: 1, at: 0, fence: 1, first_seq: 1, last_seq: 1, audit_head: "", hash: "h" });
  return db;
}

test("history can be added to at its end, and in no other way", () => {
  const db = withHistory();
  expect(attempt(db, () => insert(db, "state_transitions", event(3, "hash-2")))).toBeUndefined();
  const tries: Readonly<Record<string, () => void>> = {
    "another chain": () => insert(db, "state_transitions", event(3, "hash-1")),
    "a gap": () => insert(db, "state_transitions", event(4, "hash-2")),
    "a gap that begins anew": () => insert(db, "state_transitions", event(9, "0".repeat(64))),
    "before the first": () => insert(db, "state_transitions", event(0, "0".repeat(64))),
    "in place of another": () => insert(db, "state_transitions", event(2, "hash-1"), "REPLACE"),
    "an unknown entity type": () => insert(db, "state_transitions", event(3, "hash-2", "starship")),
    "an unknown severity": () => insert(db, "state_transitions", { ...event(3, "hash-2"), severity: "loud" }),
    "no JSON": () => insert(db, "state_transitions", { ...event(3, "hash-2"), metadata: "{" }),
    "another page of the journal": () =>
      insert(db, "journal_pages", { actor_no: 1, first_seq: 1, last_seq: 1, entries: "[]" }, "REPLACE"),
    "another commit": () =>
      insert(
        db,
        "commits",
        { commit_no: 1, at: 0, fence: 1, first_seq: 1, last_seq: 1, audit_head: "", hash: "i" },
        "REPLACE",
      ),
  };
  for (const [name, run] of Object.entries(tries)) {
    expect([name, attempt(db, run)]).toEqual([name, expect.any(String)]);
  }
  db.close();
});

test("no column of history can be changed, and no row deleted", () => {
  const db = withHistory();
  for (const table of ["state_transitions", "journal_pages", "commits"]) {
    const columns = (db.pragma(`table_info(${table})`) as { readonly name: string }[]).map(({ name }) => name);
    expect(columns.length).toBeGreaterThan(3);
    for (const column of columns) {
      const heard = attempt(db, () => db.exec(`UPDATE ${table} SET ${column} = ${column}`));
      expect([table, column, heard]).toEqual([table, column, `${table} is append-only`]);
    }
    expect(attempt(db, () => db.exec(`DELETE FROM ${table}`))).toBe(`${table} is append-only`);
  }
  db.close();
});

test("every machine of the catalogue can be written of", () => {
  const db = rawStore();
  const names = db.prepare("SELECT name FROM entity_types ORDER BY name").pluck().all();
  expect(names).toEqual([
    "circuit_breaker",
    "patch_ledger",
    "run",
    "task",
    "test_gate",
    "uet_worker",
    "worker",
    "workstream",
  ]);
  db.close();
});
