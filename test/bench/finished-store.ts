import { domainComponent } from "../../src/store/domain/index.ts";
import { Database } from "../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

const workstreams = 10;

/** A store with one run that succeeded and so many completed tasks, as a long run leaves it. */
export function storeWithFinishedTasks(file: string, tasks: number): void {
  openSqlite({ file, components: [domainComponent] }).close();
  const db = new Database(file);
  // Rows are made in their last state here, which the triggers would refuse.
  for (const name of db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").pluck().all() as string[]) {
    db.exec(`DROP TRIGGER "${name}"`);
  }
  const at = "2026-01-01T00:00:00.000Z";
  db.transaction(() => {
    db.prepare(
      "INSERT INTO runs (run_id, state, started_at, completed_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
    ).run("r-1", "succeeded", at, at, at, at);
    const workstream = db.prepare(
      "INSERT INTO workstreams (ws_id, run_id, state, completed_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    const task = db.prepare(
      "INSERT INTO tasks (task_id, workstream_id, state, max_retries, timeout_sec, started_at, completed_at, created_at, updated_at) VALUES (?, ?, 'completed', 0, 60, ?, ?, ?, ?)",
    );
    for (let index = 0; index < workstreams; index += 1) {
      workstream.run(`r-1/w${index}`, "r-1", "completed", at, at, at);
    }
    for (let index = 0; index < tasks; index += 1) {
      const parent = `r-1/w${index % workstreams}`;
      task.run(`${parent}.t${index}`, parent, at, at, at, at);
    }
  })();
  db.close();
}
