import { expect, test } from "vitest";
import { Database } from "../../src/store/sqlite/driver.ts";
import { latestRun, listRuns, type RunSummary, runTree } from "../../src/views/runs/index.ts";

const run: RunSummary = { run_id: "r", state: "running", created_at: "t", started_at: "t", completed_at: null };

/** A run of one workstream with tasks in these states, in the columns that are read. */
function storeWith(states: readonly string[]): Database {
  const db = new Database(":memory:");
  db.exec(`
    CREATE TABLE workstreams (ws_id, run_id, state, allow_failure, completed_at);
    CREATE TABLE tasks (task_id, workstream_id, state, started_at, completed_at, retry_count, max_retries, last_error);
    CREATE TABLE patch_ledger_entries (workstream_id, state);
    CREATE TABLE state_transitions (transition_id, entity_type, entity_id, from_state, to_state, reason);
    INSERT INTO workstreams VALUES ('r/w', 'r', 'executing', 0, NULL);`);
  const insert = db.prepare("INSERT INTO tasks VALUES (?, 'r/w', ?, NULL, NULL, 0, 0, NULL)");
  for (const [index, state] of states.entries()) {
    insert.run(`r/w.${index}`, state);
  }
  return db;
}

const many = (state: string): string[] => Array.from({ length: 30 }, () => state);

test("of many tasks that ended badly, none takes the place of one at work, nor a cancelled one that of a failed one", () => {
  const db = storeWith([
    ...many("cancelled"),
    "failed",
    ...many("completed"),
    "running",
    ...many("failed"),
    "retrying",
  ]);
  const shown = (all: boolean) =>
    runTree(db, run, { all }).workstreams[0]?.shown.map(({ task, state }) => [task, state]);
  expect(shown(false)).toEqual([
    ["w.30", "failed"],
    ["w.61", "running"],
    ...Array.from({ length: 17 }, (_, index) => [`w.${62 + index}`, "failed"]),
    ["w.92", "retrying"],
  ]);
  expect(shown(true)).toHaveLength(93);
  db.close();
});

test("a workstream that ended badly says why, and not what somebody was refused to do with it afterwards", () => {
  const db = storeWith([]);
  const reason = () => runTree(db, run).workstreams[0]?.reason;
  const insert = db.prepare("INSERT INTO state_transitions VALUES (?, 'workstream', 'r/w', ?, ?, ?)");
  insert.run(1, "validating", "failed", "gate red: exit code 1");
  expect(reason()).toBeNull();
  db.exec("UPDATE workstreams SET state = 'failed'");
  insert.run(2, "failed", "failed", "let me");
  expect(reason()).toBe("gate red: exit code 1");
  db.close();
});

test("the commits of a run are those of the workstreams that were merged into its branch", () => {
  const db = storeWith([]);
  db.exec(`
    INSERT INTO workstreams VALUES ('r/merged', 'r', 'completed', 0, 't'), ('s/merged', 's', 'completed', 0, 't');
    INSERT INTO patch_ledger_entries VALUES ('r/w', 'committed'), ('r/merged', 'committed'), ('r/merged', 'committed'),
      ('r/merged', 'quarantined'), ('s/merged', 'committed');`);
  expect(runTree(db, run).commits).toBe(2);
  db.close();
});

test("runs that were made while the clock stood behind the last one are told apart by their order", () => {
  const db = new Database(":memory:");
  db.exec("CREATE TABLE runs (run_id TEXT PRIMARY KEY, state, created_at, started_at, completed_at)");
  const made = ["p-8", "p-9", "p-10", "again"];
  for (const name of made) {
    db.prepare("INSERT INTO runs VALUES (?, 'succeeded', 't', 't', 't')").run(name);
  }
  expect(listRuns(db).map(({ run_id }) => run_id)).toEqual(made);
  expect(latestRun(db)?.run_id).toBe("again");
  db.close();
});
