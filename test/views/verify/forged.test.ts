import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../../src/store/sqlite/driver.ts";
import { verifyState } from "../../../src/views/verify/index.ts";
import { rehash } from "./rehash.fixture.ts";
import { database, storedRun, tampered } from "./stored-run.fixture.ts";

let folder = "";
beforeAll(async () => {
  folder = await storedRun();
});

const faultsAfter = (change: (db: Database) => void) => {
  const state = tampered(folder, change);
  return { state, faults: () => verifyState(database(state), state).faults };
};

describe("verifyState, of what somebody changed who makes all the hashes fit", () => {
  const queued = "entity_id = 'r/a.1' AND to_state = 'queued'";

  test.each([
    ["severity = 'critical'", queued, "is not of severity critical"],
    ["trigger = 'none'", queued, "not declared"],
    ["event_type = 'manual_override'", queued, "is no override, its event is"],
    [
      "trigger = 'override_fail_task', to_state = 'failed', event_type = 'manual_override', severity = 'warning'",
      "entity_id = 'r/a.1' AND from_state = 'running'",
      "has no operator or no reason",
    ],
    ["from_state = 'completed', to_state = 'running'", queued, "completed is terminal"],
    ["from_state = 'running', to_state = 'retrying', trigger = 'none'", queued, "was pending, the event begins in"],
  ])("finds a transition with %s", (set, where, detail) => {
    const { state, faults } = faultsAfter((db) => {
      expect(db.prepare(`UPDATE state_transitions SET ${set} WHERE ${where}`).run().changes).toBe(1);
      rehash(db);
    });
    for (const name of readdirSync(state).filter((one) => one.endsWith(".jsonl"))) {
      rmSync(join(state, name));
    }
    expect(faults()).toEqual(
      expect.arrayContaining([expect.objectContaining({ detail: expect.stringContaining(detail) })]),
    );
  });

  test.each([
    ["task_id = 'r/a.2'", "it is of r/a.2, its ledger entry is of r/a.1"],
    ["format = 'other'", "its format, metadata or version is none that a patch can have"],
    ["updated_at = '2100-01-01T00:00:00.000Z'", "it was not made when its ledger entry was"],
  ])("finds a patch with %s", (set, detail) => {
    const { faults } = faultsAfter((db) => {
      const sql = `UPDATE patches SET ${set} WHERE patch_id = 'r/a.1~p1'`;
      expect(db.prepare(sql).run().changes).toBe(1);
    });
    expect(faults()).toEqual([{ kind: "content", table: "patches", row: "r/a.1~p1", detail }]);
  });

  test.each([
    ["a patch", "patches", "patch_id = 'r/a.1~p1'", "there is no such row"],
    ["the first commit", "commits", "commit_no = 1", "commit 1 is missing"],
    ["an actor", "actors", "no = (SELECT max(no) FROM actors)", "its actor is not there"],
  ])("finds that %s was taken out", (_, table, where, detail) => {
    const { faults } = faultsAfter((db) => {
      expect(db.prepare(`DELETE FROM ${table} WHERE ${where}`).run().changes).toBe(1);
    });
    expect(faults().map((fault) => fault.detail)).toContain(detail);
  });

  test("finds an event that was added behind the last commit", () => {
    const { faults } = faultsAfter((db) => {
      const last = "(SELECT max(transition_id) FROM state_transitions)";
      db.exec(`CREATE TEMP TABLE added AS SELECT * FROM state_transitions WHERE transition_id = ${last};
        UPDATE added SET transition_id = transition_id + 1, event_id = 'evt_added', hash = 'added';
        INSERT INTO state_transitions SELECT * FROM added`);
      rehash(db);
    });
    expect(faults()).toContainEqual(
      expect.objectContaining({ kind: "commit", table: "state_transitions", detail: "no commit covers it" }),
    );
  });
});
