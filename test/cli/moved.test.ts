import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appears } from "../waiting.fixture.ts";
import { Place, placeWith, planOf } from "./pawl.fixture.ts";

test("a run goes on in a repository that was moved, its patch files too, once its state folder is told", async () => {
  const place = placeWith(
    planOf([
      "{ id: first, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done; echo 1 > first.txt' }",
      "{ id: second, patch: patches/second.patch, depends_on: [first] }",
    ]),
  );
  place.write(
    "patches/second.patch",
    "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\n",
  );
  place.env = { MARK: join(place.folder, "mark"), GO: join(place.folder, "go") };
  const { process: pawl, ended } = place.start("run", "plan.yaml");
  await appears(join(place.folder, "mark"));
  pawl.kill("SIGKILL");
  await ended;

  const moved = new Place();
  renameSync(place.folder, moved.folder);
  moved.env = { MARK: join(moved.folder, "mark"), GO: join(moved.folder, "go") };
  moved.write("go", "");
  const { status, stderr } = moved.pawl("resume");
  expect([status, stderr]).toEqual([2, expect.stringContaining("If the repository was moved, put")]);
  moved.write(".state/repository", `${moved.folder}\n`);
  expect(moved.pawl("resume")).toMatchObject({ status: 0, stderr: "" });
  expect(moved.git("show", "pawl/p-1:a.txt", "pawl/p-1:first.txt")).toBe("two\n1");
  expect(await moved.look("verify")).toMatchObject({ status: 0 });
});
