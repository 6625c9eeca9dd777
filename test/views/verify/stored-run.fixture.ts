import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { followTransitions } from "../../../src/store/transitions-file.ts";
import { gate, openFamily } from "../../pipeline/entities/family.fixture.ts";

const newFolder = (): string => mkdtempSync(join(tmpdir(), "pawl-verify-"));

/** The state folder of a run that ended, with a retry, a quarantined patch, a refused event and a note in it. */
export async function storedRun(): Promise<string> {
  const folder = newFolder();
  const { store, runtime, run, drain, clock, close } = await openFamily(
    join(folder, "pipeline.db"),
    {
      execute: ({ task_id, attempt }) =>
        task_id === "a.2" && attempt === 1 ? { exit_code: 1 } : { exit_code: 0, patch: { patch_id: `${task_id}~p1` } },
      gate: ({ ws_id }) => ({ exit_code: ws_id === "b" ? 1 : 0, duration_seconds: 0.5 }),
    },
    [
      {
        ws_id: "a",
        tasks: [{ task_id: "a.1" }, { task_id: "a.2", depends_on: ["a.1"] }],
        verify: [gate],
        final: [gate],
      },
      { ws_id: "b", allow_failure: true, tasks: [{ task_id: "b.1" }], verify: [gate] },
    ],
  );
  const unfollow = followTransitions(store, { file: join(folder, "transitions.jsonl"), maxBytes: 4_000 });
  await run.deliver({ type: "all_workstreams_completed" }).catch(() => undefined);
  await drain();
  // A commit of an audit event alone.
  await runtime.note(run.id, { type: "error", trigger: "override_fail_task", reason: "not now", operator: "ines" });
  clock.advance(60_000);
  await drain();
  await runtime.settled();
  unfollow();
  await close();
  return folder;
}

/** The state folder of a run in the middle of its work: a task that runs, one that waits for its next attempt. */
export async function unfinishedRun(): Promise<string> {
  const folder = newFolder();
  const { store, runtime, drain, close } = await openFamily(
    join(folder, "pipeline.db"),
    { execute: ({ task_id }) => (task_id === "a.1" ? new Promise(() => undefined) : { exit_code: 1 }) },
    [{ ws_id: "a", tasks: [{ task_id: "a.1" }, { task_id: "a.2" }] }],
  );
  const unfollow = followTransitions(store, { file: join(folder, "transitions.jsonl") });
  await drain();
  await runtime.settled();
  unfollow();
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  await close();
  rmSync(folder, { recursive: true });
  return copy;
}

export const database = (folder: string): string => join(folder, "pipeline.db");

/** A copy of a state folder, with its database open as one who can do anything: no triggers, no checks. */
export function tampered(folder: string, change: (db: Database) => void): string {
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  const db = new Database(database(copy));
  db.pragma("ignore_check_constraints = ON");
  db.pragma("foreign_keys = OFF");
  for (const name of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all()) {
    db.exec(`DROP TRIGGER ${String(name)}`);
  }
  change(db);
  db.close();
  return copy;
}
