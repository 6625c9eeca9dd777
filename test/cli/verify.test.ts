import { createHash } from "node:crypto";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Database } from "../../src/store/sqlite/driver.ts";
import { placeWith, planOf } from "./pawl.fixture.ts";

test("pawl verify says which lines are missing, names the plan and the snapshot that somebody changed, and exits with 1", async () => {
  const place = placeWith(planOf(["{ id: taste, run: 'true', changes: none }"]));
  expect(place.pawl("run", "plan.yaml").status).toBe(0);
  expect(await place.look("verify")).toMatchObject({ status: 0 });
  const file = join(place.folder, ".state", "transitions.jsonl");
  writeFileSync(file, readFileSync(file, "utf8").replace(/.*\n/, ""));
  expect(await place.look("verify")).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(
      /^jsonl: table transitions.jsonl, row 1, detail .+\n\d+ transitions, .+ looked at.\n$/,
    ),
  });
  truncateSync(file);
  expect(await place.look("verify")).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^note: the last \d+ lines are not in transitions.jsonl yet, .+\nAll is as it was/),
  });
  const db = new Database(join(place.folder, ".state", "pipeline.db"));
  db.exec("DROP TRIGGER stored_plans_no_update");
  db.exec("UPDATE stored_plans SET created_at = '2020-01-01T00:00:00.000Z', updated_at = '2020-01-01T00:00:00.000Z'");
  expect(await place.look("verify")).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("row p-1, detail it was not made when the run was"),
  });
  db.exec(`UPDATE stored_plans SET plan = replace(plan, 'taste', 'waste')`);
  db.exec(
    `UPDATE actors SET snapshot = replace(snapshot, '"retry_count":0', '"retry_count":1') WHERE machine = 'task'`,
  );
  db.close();
  const { status, stdout } = await place.look("verify");
  expect([status, stdout.trim().split("\n").slice(0, 2)]).toEqual([
    1,
    [
      "content: table stored_plans, row p-1, detail it is not the plan that the run was begun with",
      "snapshot: table actors, row p-1/w/w.taste, detail its snapshot is not what its journal makes",
    ],
  ]);
});

test("pawl verify finds a patch that was exchanged together with its hash", async () => {
  const place = placeWith(planOf(["{ id: t, run: 'echo 1 > b.txt' }"]));
  expect(place.pawl("run", "plan.yaml").status).toBe(0);
  const db = new Database(join(place.folder, ".state", "pipeline.db"));
  for (const name of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all()) {
    db.exec(`DROP TRIGGER ${String(name)}`);
  }
  const other = Buffer.from("another one");
  const hash = createHash("sha256").update(other).digest("hex");
  db.prepare("UPDATE patches SET content = ?, content_hash = ?").run(other, hash);
  db.close();
  expect(await place.look("verify")).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(
      /^content: .*row p-1\/w\.t~p1, detail its hash is not the one that its ledger entry has$/m,
    ),
  });
});
