import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { placeWith, planOf } from "../../cli/pawl.fixture.ts";
import { appears } from "../../waiting.fixture.ts";

test("a run takes nothing away from one of an earlier run's name that goes on in another state folder", async () => {
  const place = placeWith(planOf(["{ id: a, run: 'echo a > b.txt' }"]));
  expect(place.pawl("run", "plan.yaml").status).toBe(0);
  place.git("branch", "--quiet", "-D", "pawl/p-1");
  const plan = planOf(["{ id: a, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done; echo a > b.txt' }"]);
  place.write("other.yaml", plan);
  place.env = { MARK: join(place.folder, "mark"), GO: join(place.folder, "go") };
  const { ended } = place.start("run", "other.yaml", "--state", "other");
  await appears(join(place.folder, "mark"));
  expect(place.pawl("run", "plan.yaml").status).toBe(0);
  place.write("go", "");
  expect(await ended).toMatchObject({ status: 0 });
  expect(place.git("show", "pawl/p-1:b.txt")).toBe("a");
});

test("a run whose name another worktree's run takes in the same moment has the next one", () => {
  const place = placeWith(planOf(["{ id: a, run: 'echo a > b.txt' }"]));
  const git = `PATH='${process.env["PATH"]}' git`;
  // What the other run does between this one's look for a free name and its branch.
  place.write(
    ".git/bin/git",
    `#!/bin/sh
case "$*" in *--create-reflog*refs/heads/pawl/p-1*)
  ${git} update-ref --create-reflog -m 'pawl: run p-1 of store other' refs/heads/pawl/p-1 HEAD;;
esac
exec env ${git} "$@"
`,
  );
  chmodSync(join(place.folder, ".git/bin/git"), 0o755);
  place.env = { PATH: `${join(place.folder, ".git/bin")}:${process.env["PATH"]}` };
  expect(place.pawl("run", "plan.yaml").stdout).toContain("\np-2  succeeded");
  expect(place.git("show", "pawl/p-2:b.txt")).toBe("a");
  place.git("branch", "--quiet", "-D", "pawl/p-1");
  expect(place.pawl("run", "plan.yaml", "--id", "p-1")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("[BRANCH_EXISTS]"),
  });
});
