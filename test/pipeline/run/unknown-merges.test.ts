import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { placeWith, planOf } from "../../cli/pawl.fixture.ts";
import { appears } from "../../waiting.fixture.ts";

test("a run is not gone on with from a copy of its state that is older than what its branch holds", async () => {
  const place = placeWith(
    planOf(["{ id: t, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done; echo hi > b.txt' }"]),
  );
  place.env = { MARK: join(place.folder, ".git/mark"), GO: join(place.folder, ".git/go") };
  const { process: pawl, ended } = place.start("run", "plan.yaml");
  await appears(join(place.folder, ".git/mark"));
  pawl.kill("SIGKILL");
  await ended;
  const [state, copy] = [join(place.folder, ".state"), join(place.folder, ".git/copy")];
  cpSync(state, copy, { recursive: true });
  place.write(".git/go", "");
  expect(place.pawl("resume").status).toBe(0);
  const subjects = (): string[] => place.git("log", "--format=%s", "main..pawl/p-1").split("\n");
  const done = subjects();
  expect(done).toEqual(["Merge workstream w", expect.stringMatching(/^w\.t: /)]);

  rmSync(state, { recursive: true });
  cpSync(copy, state, { recursive: true });
  const { status, stderr } = place.pawl("resume");
  expect([status, stderr]).toEqual([1, expect.stringContaining("[RUN_AHEAD_OF_STORE]")]);
  expect(stderr).toMatch(/^branch pawl\/p-1 holds workstream w of run p-1, merged in /m);
  expect(subjects()).toEqual(done);
  expect((await place.look("status")).stdout).toContain("p-1  running");

  const [, ...wayOn] = /\(git (branch -f pawl\/p-1 \w+)\)/.exec(stderr)?.[1]?.split(" ") ?? [];
  place.git("branch", ...wayOn);
  expect(place.pawl("resume").status).toBe(0);
  expect(subjects()).toEqual(done);
});
