import { describe, expect, test } from "vitest";
import type { EntityType } from "../../../machines/index.ts";
import {
  attempt,
  entities,
  insert,
  later,
  move,
  newPatch,
  newRow,
  type Row,
  rawStore,
  rowIn,
  tables,
  update,
} from "./raw.fixture.ts";

const early = "2020-01-01T00:00:00.000Z";

/** Entity, the state it is in, columns that are set in it, and what the refusal speaks of. */
const refused: readonly (readonly [EntityType, string, Row, string])[] = [
  ["run", "pending", { completed_at: later }, "completed_at"],
  ["run", "pending", { started_at: later }, "started_at"],
  ["run", "running", { started_at: null }, "started_at"],
  ["run", "running", { started_at: early }, "started_at"],
  ["workstream", "ready", { completed_at: later }, "completed_at"],
  ["workstream", "ready", { is_critical: 1 }, "is_critical of workstreams never changes"],
  ["workstream", "ready", { depends_on: '["x"]' }, "depends_on of workstreams never changes"],
  ["task", "running", { worker_id: null }, "worker_id"],
  ["task", "queued", { worker_id: "w" }, "worker_id"],
  ["task", "queued", { retry_count: 4 }, "retry_count <= max_retries"],
  ["task", "queued", { retry_count: -1 }, "retry_count >= 0"],
  ["task", "queued", { completed_at: later }, "completed_at"],
  ["task", "queued", { cancelled_at: later }, "cancelled_at"],
  ["task", "queued", { is_critical: 1 }, "is_critical of tasks never changes"],
  ["task", "queued", { max_retries: 9 }, "max_retries of tasks never changes"],
  ["task", "queued", { workstream_id: "other" }, "workstream_id of tasks never changes"],
  ["task", "running", { started_at: early }, "started_at >= created_at"],
  ["worker", "idle", { shutdown_at: later }, "shutdown_at"],
  ["worker", "busy", { current_load: 2 }, "current_load <= max_concurrent_tasks"],
  ["worker", "idle", { affinity: '["a"]' }, "affinity of a registered worker"],
  ["uet_worker", "IDLE", { terminated_at: later }, "terminated_at"],
  ["patch_ledger", "queued", { patch_id: "other" }, "patch_id of patch_ledger_entries never changes"],
  ["patch_ledger", "queued", { validation_tests_passed: 2 }, "validation_tests_passed"],
  ["test_gate", "PENDING", { gate_type: "MANUAL" }, "gate_type of test_gates never changes"],
  ["test_gate", "RUNNING", { started_at: null }, "started_at IS NOT NULL"],
  ["test_gate", "RUNNING", { completed_at: later }, "completed_at"],
  ["circuit_breaker", "OPEN", { opened_at: null }, "opened_at"],
  ["circuit_breaker", "CLOSED", { failure_threshold: 9 }, "failure_threshold of circuit_breakers never changes"],
];

/** Entity, the state it comes from, the one it goes to, what is wrong in the move, and what the refusal speaks of. */
const refusedMoves: readonly (readonly [EntityType, string, string, Row, string])[] = [
  ["run", "running", "succeeded", { completed_at: null }, "completed_at"],
  ["run", "running", "succeeded", { completed_at: early }, "completed_at"],
  ["workstream", "validating", "completed", { completed_at: null }, "completed_at"],
  ["task", "queued", "running", { worker_id: null }, "worker_id"],
  ["task", "validating", "completed", { completed_at: null }, "completed_at"],
  ["task", "running", "cancelled", { cancelled_at: null }, "cancelled_at"],
  ["worker", "idle", "shutdown", { shutdown_at: null }, "shutdown_at"],
  ["uet_worker", "IDLE", "TERMINATED", { terminated_at: null }, "terminated_at"],
  ["patch_ledger", "applied", "quarantined", { quarantine_reason: null }, "quarantine_reason"],
  ["patch_ledger", "verified", "committed", { commit_sha: null }, "commit_sha"],
  ["test_gate", "RUNNING", "PASSED", { exit_code: null }, "exit_code"],
  ["test_gate", "RUNNING", "PASSED", { exit_code: 1 }, "exit_code = expected_exit_code"],
  ["test_gate", "RUNNING", "FAILED", { completed_at: null }, "completed_at"],
];

describe("the rules of a row hold for a raw SQL connection too", () => {
  test.each(refused)("%s in %s refuses %j", (entity, state, columns, says) => {
    const db = rawStore();
    rowIn(db, entity, "x", state);
    expect(attempt(db, () => update(db, entity, "x", {}))).toBeUndefined();
    expect(attempt(db, () => update(db, entity, "x", columns))).toContain(says);
    db.close();
  });

  test.each(refusedMoves)("%s from %s to %s refuses %j", (entity, from, to, columns, says) => {
    const db = rawStore();
    rowIn(db, entity, "x", from);
    expect(attempt(db, () => move(db, entity, "x", to))).toBeUndefined();
    expect(attempt(db, () => move(db, entity, "x", to, columns))).toContain(says);
    db.close();
  });

  test("a run that is canceled before its start has no start", () => {
    const db = rawStore();
    rowIn(db, "run", "x", "pending");
    expect(attempt(db, () => move(db, "run", "x", "canceled", { started_at: null }))).toBeUndefined();
    db.close();
  });

  test("a gate that a signal ended needs no exit code", () => {
    const db = rawStore();
    rowIn(db, "test_gate", "x", "RUNNING");
    expect(
      attempt(db, () => move(db, "test_gate", "x", "FAILED", { exit_code: null, signal: "SIGKILL" })),
    ).toBeUndefined();
    db.close();
  });

  test("nothing of a patch ever changes", () => {
    const db = rawStore();
    insert(db, "patches", newPatch("p"));
    for (const change of [
      "content = x'00'",
      "content_hash = lower(hex(zeroblob(32)))",
      "format = 'mail'",
      "task_id = 'other'",
    ]) {
      expect(attempt(db, () => db.exec(`UPDATE patches SET ${change}, version = version + 1`))).toContain(
        "never changes",
      );
    }
    expect(attempt(db, () => db.exec("DELETE FROM patches"))).toContain("never deleted");
    expect(attempt(db, () => insert(db, "patches", newPatch("p"), "REPLACE"))).toContain("there already");
    expect(attempt(db, () => insert(db, "patches", { ...newPatch("q"), content_hash: "A".repeat(64) }))).toContain(
      "CHECK",
    );
    db.close();
  });

  test("a row's parent must be there, and stays as long as the row", () => {
    const db = rawStore({ foreignKeys: true });
    for (const entity of entities) {
      const isChild = JSON.stringify(tables[entity].fixed).includes("_id");
      const heard = attempt(db, () => insert(db, tables[entity].table, newRow(entity, "x")));
      expect([entity, heard]).toEqual([entity, isChild ? "FOREIGN KEY constraint failed" : undefined]);
    }
    insert(db, "runs", newRow("run", "run"));
    insert(db, "workstreams", newRow("workstream", "workstream"));
    insert(db, "tasks", newRow("task", "task"));
    expect(attempt(db, () => insert(db, "tasks", { ...newRow("task", "again"), retry_of: "task" }))).toBeUndefined();
    expect(attempt(db, () => insert(db, "tasks", { ...newRow("task", "again"), retry_of: "none" }))).toContain(
      "FOREIGN",
    );
    expect(attempt(db, () => db.exec("DELETE FROM runs"))).toContain("never deleted");
    db.close();
  });
});

test("queries by state, parent, worker, retry and heartbeat use an index", () => {
  const db = rawStore();
  const queries = [
    "SELECT 1 FROM tasks WHERE state = 'running' AND updated_at < 'x'",
    "SELECT 1 FROM tasks WHERE workstream_id = 'x'",
    "SELECT 1 FROM tasks WHERE worker_id = 'x'",
    "SELECT 1 FROM tasks WHERE retry_of = 'x'",
    "SELECT 1 FROM workstreams WHERE run_id = 'x'",
    "SELECT 1 FROM workers WHERE last_heartbeat < 'x'",
    "SELECT 1 FROM uet_workers WHERE last_heartbeat < 'x'",
    "SELECT 1 FROM patches WHERE task_id = 'x'",
    "SELECT 1 FROM patch_ledger_entries WHERE patch_id = 'x'",
    "SELECT 1 FROM patch_ledger_entries WHERE state = 'quarantined'",
    "SELECT 1 FROM test_gates WHERE workstream_id = 'x'",
  ];
  for (const query of queries) {
    const [step] = db.prepare(`EXPLAIN QUERY PLAN ${query}`).all() as { readonly detail: string }[];
    expect([query, step?.detail]).toEqual([query, expect.stringContaining("SEARCH")]);
  }
  db.close();
});
