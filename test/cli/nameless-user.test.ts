import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { appears } from "../waiting.fixture.ts";
import { placeWith, planOf } from "./pawl.fixture.ts";

test("a user whom no account names, as in a container, cancels a run under the number", async (context) => {
  const uid = "54321";
  const runAs = ["setpriv", `--reuid=${uid}`, "--clear-groups", "env", "-u", "USER", "-u", "LOGNAME"];
  const place = placeWith(planOf(["{ id: t, run: 'touch $MARK; sleep 60' }"]));
  place.env = { MARK: join(place.folder, "mark"), HOME: place.folder };
  context.skip(process.getuid?.() !== 0, "root alone becomes another user");
  chmodSync(dirname(place.folder), 0o711);
  chmodSync(place.folder, 0o755);
  context.skip(place.pawlBy(runAs, "--version").status !== 0, "another user cannot start this program");
  const { process: pawl, ended } = place.start("run", "plan.yaml");
  await appears(join(place.folder, "mark"));
  pawl.kill("SIGKILL");
  await ended;
  execFileSync("chown", ["-R", uid, place.folder]);
  expect(place.pawlBy(runAs, "cancel")).toMatchObject({ status: 0, stdout: "p-1 is canceled.\n" });
  expect((await place.look("events")).stdout).toContain(`by uid ${uid}`);
});
