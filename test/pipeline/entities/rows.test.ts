import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { WorkstreamDefinition } from "../../../machines/orchestration/workstream.types.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import type { Answers } from "../../machines/answering.fixture.ts";
import { gate, openFamily, patchBytes } from "./family.fixture.ts";

const startedAt = "1970-01-01T00:00:00.000Z";

async function family(answers: Answers, workstreams: readonly WorkstreamDefinition[]) {
  const file = join(mkdtempSync(join(tmpdir(), "pawl-rows-")), "pipeline.db");
  const opened = await openFamily(file, answers, workstreams);
  const db = new Database(file, { readonly: true });
  return {
    ...opened,
    row: (table: string, key: string, id: string) =>
      db.prepare(`SELECT * FROM ${table} WHERE ${key} = ?`).get(id) as Record<string, unknown>,
    events: (entity: string) =>
      opened.store
        .auditsAfter(0, 10_000)
        .filter(({ entity_id }) => entity_id === entity)
        .map(({ from_state, to_state, trigger, severity }) => `${from_state} > ${to_state} ${trigger} ${severity}`),
    audits: (entity: string) => opened.store.auditsAfter(0, 10_000).filter(({ entity_id }) => entity_id === entity),
  };
}

const withPatch: Answers["execute"] = ({ task_id }) => ({ exit_code: 0, patch: { patch_id: `${task_id}~p1` } });

describe("a run that completes", () => {
  test("leaves a row of each entity in its last state", async () => {
    const { row, drain, close } = await family({ execute: withPatch }, [
      {
        ws_id: "a",
        is_critical: true,
        tasks: [{ task_id: "a.1" }, { task_id: "a.2", depends_on: ["a.1"] }],
        verify: [gate],
      },
    ]);
    await drain();
    expect(row("runs", "run_id", "r")).toEqual({
      run_id: "r",
      state: "succeeded",
      phase_id: null,
      started_at: startedAt,
      completed_at: startedAt,
      created_at: startedAt,
      updated_at: startedAt,
      metadata: "{}",
      version: 3,
    });
    expect(row("workstreams", "ws_id", "r/a")).toMatchObject({
      state: "completed",
      run_id: "r",
      is_critical: 1,
      allow_failure: 0,
      depends_on: "[]",
      completed_at: startedAt,
      // One for each state that it was in, however often its tasks moved.
      version: 5,
    });
    expect(row("tasks", "task_id", "r/a.2")).toMatchObject({
      state: "completed",
      workstream_id: "r/a",
      worker_id: null,
      depends_on: '["r/a.1"]',
      retry_count: 0,
      max_retries: 3,
      timeout_sec: 1800,
      started_at: startedAt,
      completed_at: startedAt,
      cancelled_at: null,
      last_error: null,
    });
    const content = row("patches", "patch_id", "r/a.1~p1");
    expect([content["task_id"], content["format"], new Uint8Array(content["content"] as Buffer)]).toEqual([
      "r/a.1",
      "git_diff",
      patchBytes,
    ]);
    expect(row("patch_ledger_entries", "ledger_id", "r/a.1~p1")).toMatchObject({
      state: "committed",
      patch_id: "r/a.1~p1",
      workstream_id: "r/a",
      validation_format_passed: 1,
      validation_scope_passed: 1,
      validation_constraints_passed: 1,
      validation_tests_passed: 1,
      apply_attempts: 1,
      commit_sha: "sha-a.1~p1",
      quarantine_reason: null,
    });
    expect(row("test_gates", "gate_id", "r/a.1~p1~unit")).toMatchObject({
      state: "PASSED",
      gate_type: "UNIT",
      workstream_id: "r/a",
      command: '["npm","test"]',
      exit_code: 0,
      signal: null,
      started_at: startedAt,
      completed_at: startedAt,
      metadata: '{"name":"unit","set_id":"a.1~p1","stage":"verify"}',
    });
    await close();
  });

  test("has one event for each transition, with what the entity's events carry", async () => {
    const { events, audits, drain, close } = await family({ execute: withPatch }, [
      { ws_id: "a", tasks: [{ task_id: "a.1" }], verify: [gate] },
    ]);
    await drain();
    expect(events("r/a.1")).toEqual([
      "pending > queued scheduler_assigned info",
      "queued > running worker_started info",
      "running > validating execution_completed info",
      "validating > completed validation_passed info",
    ]);
    expect(events("r/a")).toEqual([
      "planned > ready all_tasks_created info",
      "ready > executing first_task_started info",
      "executing > validating all_tasks_completed info",
      "validating > completed validation_passed info",
    ]);
    expect(audits("r/a.1")[2]).toMatchObject({
      event_type: "task_state_transition",
      entity_type: "task",
      reason: null,
      operator: null,
      metadata: {
        worker_id: "w1",
        duration_seconds: null,
        retry_count: 0,
        exit_code: 0,
        timeout_occurred: false,
      },
      context: { run_id: "r", workstream_id: "r/a", phase_id: null },
    });
    expect(audits("r/a").at(-1)?.metadata).toEqual({
      total_tasks: 1,
      completed_tasks: 1,
      failed_tasks: 0,
      duration_seconds: 0,
      critical_failure: false,
    });
    expect(audits("r/a.1~p1").map(({ event_type, to_state }) => [event_type, to_state])).toEqual(
      ["validated", "queued", "applied", "verified", "committed"].map((to) => ["patch_state_transition", to]),
    );
    expect(audits("r/a.1~p1").at(-1)?.metadata).toEqual({
      patch_id: "r/a.1~p1",
      validation_results: { format: true, scope: true, constraints: true, tests: true },
      commit_sha: "sha-a.1~p1",
      quarantine_reason: null,
    });
    await close();
  });
});

describe("a run that meets trouble", () => {
  test("counts a retry in the row, and keeps the first start", async () => {
    const { row, audits, drain, clock, close } = await family(
      { execute: ({ attempt }) => ({ exit_code: attempt === 1 ? 1 : 0 }) },
      [{ ws_id: "a", tasks: [{ task_id: "a.1", max_retries: 1, backoff: { initial_sec: 2, factor: 2, max_sec: 9 } }] }],
    );
    await drain();
    expect(row("tasks", "task_id", "r/a.1")).toMatchObject({
      state: "retrying",
      retry_count: 1,
      worker_id: null,
      started_at: startedAt,
      completed_at: null,
      last_error: "exit code 1",
    });
    clock.advance(2_000);
    await drain();
    expect(audits("r/a").map(({ to_state, metadata }) => [to_state, metadata["duration_seconds"]])).toEqual([
      ["ready", null],
      ["executing", 0],
      ["validating", 2],
      ["completed", 2],
    ]);
    expect(row("tasks", "task_id", "r/a.1")).toMatchObject({
      state: "completed",
      retry_count: 1,
      started_at: startedAt,
      completed_at: "1970-01-01T00:00:02.000Z",
      last_error: null,
    });
    expect(
      audits("r/a.1").flatMap(({ to_state, severity, reason }) => (severity === "warning" ? [[to_state, reason]] : [])),
    ).toEqual([
      ["retrying", "exit code 1"],
      ["queued", null],
    ]);
    await close();
  });

  test("says how long an attempt took that was stopped for its time, and nothing of it in the next one", async () => {
    const { audits, drain, clock, close } = await family(
      {
        execute: ({ attempt }) =>
          attempt === 1 ? new Promise(() => undefined) : { exit_code: 0, duration_seconds: 4 },
      },
      [{ ws_id: "a", tasks: [{ task_id: "a.1", max_retries: 1, timeout_sec: 9 }] }],
    );
    await drain();
    clock.advance(9_000);
    await drain();
    clock.advance(1_000);
    await drain();
    const said = audits("r/a.1").map(({ to_state, metadata: { duration_seconds, timeout_occurred, exit_code } }) => [
      to_state,
      duration_seconds,
      timeout_occurred,
      exit_code,
    ]);
    expect(said).toEqual([
      ["queued", null, false, null],
      ["running", null, false, null],
      ["retrying", 9, true, null],
      ["queued", 9, true, null],
      ["running", null, false, null],
      ["validating", 4, false, 0],
      ["completed", 4, false, 0],
    ]);
    await close();
  });

  test("ends in order when the clock is set back under it", async () => {
    const { row, run, clock, audits, runtime, close } = await family({}, [{ ws_id: "a", tasks: [{ task_id: "a.1" }] }]);
    clock.set(5_000);
    run.send({ type: "pause_requested", operator: "ann" });
    await runtime.settled();
    clock.set(1_000);
    run.send({ type: "user_cancelled", operator: "ann" });
    await runtime.settled();
    expect(row("runs", "run_id", "r")).toMatchObject({ state: "canceled", completed_at: "1970-01-01T00:00:05.000Z" });
    expect(audits("r").map(({ transitioned_at }) => transitioned_at)).toEqual([
      startedAt,
      "1970-01-01T00:00:05.000Z",
      "1970-01-01T00:00:05.000Z",
    ]);
    await close();
  });

  test("says why a patch was quarantined, in the row and in the event", async () => {
    const { row, audits, drain, close } = await family(
      { execute: withPatch, gate: () => ({ exit_code: 3, stderr_tail: "no", duration_seconds: 1.5 }) },
      [{ ws_id: "a", allow_failure: true, tasks: [{ task_id: "a.1" }], verify: [gate] }],
    );
    await drain();
    expect(row("test_gates", "gate_id", "r/a.1~p1~unit")).toMatchObject({
      state: "FAILED",
      exit_code: 3,
      stderr: "no",
      duration_sec: 1.5,
    });
    expect(row("patch_ledger_entries", "ledger_id", "r/a.1~p1")).toMatchObject({
      state: "quarantined",
      validation_tests_passed: 0,
      quarantine_reason: "gate unit: exit code 3",
      quarantined_at: startedAt,
      commit_sha: null,
    });
    const last = audits("r/a.1~p1").at(-1);
    expect([last?.to_state, last?.severity, last?.reason, last?.metadata["quarantine_reason"]]).toEqual([
      "quarantined",
      "error",
      "gate unit: exit code 3",
      "gate unit: exit code 3",
    ]);
    expect(row("runs", "run_id", "r")["state"]).toBe("succeeded");
    await close();
  });

  test("is canceled with its operator and reason, down to its tasks", async () => {
    const { row, run, audits, runtime, close } = await family({}, [
      { ws_id: "a", tasks: [{ task_id: "a.1" }, { task_id: "a.2", depends_on: ["a.1"] }] },
    ]);
    run.send({ type: "user_cancelled", operator: "ann", reason: "lunch" });
    await runtime.settled();
    expect(row("runs", "run_id", "r")).toMatchObject({ state: "canceled", completed_at: startedAt });
    expect(row("workstreams", "ws_id", "r/a")).toMatchObject({ state: "cancelled", completed_at: startedAt });
    expect(row("tasks", "task_id", "r/a.2")).toMatchObject({
      state: "cancelled",
      started_at: null,
      cancelled_at: startedAt,
      completed_at: startedAt,
      last_error: "workstream a is cancelled",
    });
    expect(audits("r").at(-1)).toMatchObject({
      to_state: "canceled",
      operator: "ann",
      reason: "lunch",
      severity: "warning",
    });
    await close();
  });
});
