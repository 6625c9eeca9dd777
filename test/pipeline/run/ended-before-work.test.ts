import { spawn } from "node:child_process";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { effectMarker } from "../../../src/pipeline/command/index.ts";
import { readStoreId } from "../../../src/store/sqlite/open.ts";
import { type Place, placeWith, planOf } from "../../cli/pawl.fixture.ts";
import { appears } from "../../waiting.fixture.ts";

test("a run with nothing to do has succeeded, and says so", () => {
  const place = placeWith(
    planOf(["{ id: a, run: 'echo a > b.txt' }"]).replace("- id: w", "- id: w\n    disabled: true"),
  );
  const { status, stdout, stderr } = place.pawl("run", "plan.yaml");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^p-1 {2}succeeded/m);
  expect(place.git("rev-parse", "pawl/p-1")).toBe(place.git("rev-parse", "main"));
});

const waiting =
  planOf(["{ id: a, run: 'touch $MARK; sleep 600' }"]) +
  "  - { id: v, critical: true, depends_on: [w], dependency_timeout: 10m, tasks: [{ id: a, run: 'true' }] }\n";

/** As if hours had passed, in which a command went on that does not heed TERM before the run has failed. */
async function leaveStubborn(place: Place): Promise<void> {
  const db = new Database(join(place.folder, ".state/pipeline.db"));
  db.exec("UPDATE timers SET due_at = due_at - 36000000");
  const marker = effectMarker(readStoreId(db), "p-1/w.a#1");
  db.close();
  const failed = `grep -q '"run",.*"to_state":"failed"' .state/transitions.jsonl`;
  const script = `trap '' TERM; touch stubborn; until ${failed}; do sleep 0.02; done`;
  const env = { ...process.env, PAWL_EFFECT: marker };
  const child = spawn("sh", ["-c", script], { cwd: place.folder, detached: true, stdio: "ignore", env });
  onTestFinished(() => void child.kill("SIGKILL"));
  await appears(join(place.folder, "stubborn"));
}

test("a run that a timer ends while what a killed process left is being stopped has ended, and says so", async () => {
  const place = placeWith(waiting);
  place.env = { MARK: join(place.folder, "mark") };
  const { process: pawl, ended } = place.start("run", "plan.yaml");
  await appears(join(place.folder, "mark"));
  pawl.kill("SIGKILL");
  await ended;
  await leaveStubborn(place);
  const { status, stdout } = await place.start("resume").ended;
  expect(stdout).toMatch(/^p-1 {2}failed/m);
  expect(status).toBe(1);
  expect(place.pawl("verify")).toMatchObject({ status: 0 });
});
