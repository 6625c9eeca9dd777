import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openOverOtherBuilds } from "../../../src/pipeline/run/other-builds.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { type Place, placeWith, planOf } from "../../cli/pawl.fixture.ts";
import { appears } from "../../waiting.fixture.ts";

/** As if a build whose machines had this version had written all of it. */
function writtenBy(place: Place, version: string): void {
  const db = new Database(join(place.folder, ".state", "pipeline.db"));
  db.prepare("UPDATE actors SET version = ?, fingerprint = 'other' WHERE machine <> ''").run(version);
  db.close();
}

/** A run that was killed while its second task ran. */
async function killedRun(): Promise<Place> {
  const tasks = ["{ id: a, run: 'echo a > b.txt' }", "{ id: b, run: 'touch $MARK; exec sleep 60', depends_on: [a] }"];
  const place = placeWith(planOf(tasks));
  place.env = { MARK: join(place.folder, "mark") };
  const { process, ended } = place.start("run", "plan.yaml");
  await appears(join(place.folder, "mark"));
  process.kill("SIGKILL");
  await ended;
  return place;
}

test("a run that a build with other machines began is not gone on with, but cancelled; then others begin", async () => {
  const place = await killedRun();
  writtenBy(place, "0.9");
  const { status, stderr } = place.pawl("resume");
  expect([status, stderr]).toEqual([1, expect.stringContaining("RUN_OF_ANOTHER_BUILD")]);
  expect(stderr).toMatch(/p-1 in \w+ \(no migrate function from version 0\.9 to 1\.1\.0\)/);
  expect(stderr).toContain("pawl cancel p-1");
  expect(place.pawl("cancel")).toMatchObject({ status: 0, stderr: "" });
  // Now it has ended, and what has ended may be of any build.
  writtenBy(place, "0.8");
  place.write("plan.yaml", planOf(["{ id: a, run: 'echo a > b.txt' }"]));
  expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 0 });
  const { stdout } = place.pawl("status", "p-1");
  expect(stdout).toMatch(/^p-1 {2}canceled[\s\S]*w\.b {2}cancelled/);
});

test("a run that has ended in another build is left to that build", () => {
  const place = placeWith(planOf(["{ id: a, run: 'false' }"]));
  expect(place.pawl("run", "plan.yaml").status).toBe(1);
  writtenBy(place, "0.9");
  const { status, stderr } = place.pawl("override", "reset-task", "w.a", "--operator", "ines", "--reason", "again");
  expect([status, stderr]).toEqual([1, expect.stringContaining("run p-1 was begun by another build of Pawl")]);
  expect(stderr).toMatch(/\[RUN_OF_ANOTHER_BUILD\]\n {2}It has ended, and only that build can/);
});

test("a run in a state that this build does not have is not cancelled, which was not promised", async () => {
  const place = await killedRun();
  const db = new Database(join(place.folder, ".state", "pipeline.db"));
  db.prepare(
    "UPDATE actors SET fingerprint = 'other', snapshot = json_set(snapshot, '$.value', 'gone') WHERE machine = 'run'",
  ).run();
  db.close();
  expect(place.pawl("resume").stderr).toContain("where this one has its states too, end it here: pawl cancel p-1");
  const { status, stderr } = place.pawl("cancel");
  expect([status, stderr]).toEqual([1, expect.stringContaining("Finish or cancel it with that build")]);
});

test("what has nothing to do with another build is thrown as it is, and nothing is opened a second time", async () => {
  const full = new Error("the disk is full");
  const open = vi.fn().mockRejectedValue(full);
  await expect(openOverOtherBuilds({} as Database, { toCancel: true }, open)).rejects.toBe(full);
  expect(open).toHaveBeenCalledTimes(1);
});
