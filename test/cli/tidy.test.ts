import { existsSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { appears } from "../waiting.fixture.ts";
import { type Place, placeWith, planOf } from "./pawl.fixture.ts";

const references = (place: Place): string[] =>
  place.git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/pawl").split("\n");

const twoWorkstreams = `pawl: 1
name: p
base: main
workstreams:
  - id: good
    tasks:
      - { id: t, run: 'echo good > good.txt' }
  - id: bad
    depends_on: [good]
    allow_failure: ALLOWED
    tasks:
      - { id: kept, run: 'echo kept > kept.txt' }
      - { id: broken, run: 'exit 3', depends_on: [kept] }
  - id: barren
    allow_failure: ALLOWED
    tasks:
      - { id: broken, run: 'exit 3' }
`;

describe("when a run has ended", () => {
  test.each([
    ["succeeded", true, 0],
    ["failed", false, 1],
  ] as const)(
    "that %s, its branch stays, and of the others those with commits that were not merged",
    async (_, allowed, status) => {
      const place = placeWith(twoWorkstreams.replaceAll("ALLOWED", String(allowed)));
      place.git("branch", "pawl-work/mine");
      const printed = place.pawl("run", "plan.yaml");
      expect(printed.status).toBe(status);
      expect(references(place)).toEqual([
        "refs/heads/main",
        "refs/heads/pawl-work/mine",
        "refs/heads/pawl-work/p-1/bad",
        "refs/heads/pawl/p-1",
      ]);
      const wayThere = "git log pawl/p-1..pawl-work/p-1/bad  prints";
      expect(printed.stdout).toContain(wayThere);
      expect((await place.look("show", "bad")).stdout).toContain(wayThere);
      expect((await place.look("show", "barren")).stdout).not.toContain("git log");
      expect(place.git("log", "--format=%s", "pawl/p-1..pawl-work/p-1/bad")).toBe("bad.kept: echo kept > kept.txt");
    },
  );

  test("a merged branch that somebody has checked out stays, and is not said to be unmerged", () => {
    const place = placeWith(
      planOf(["{ id: t, run: 'git -C \"$USERS\" worktree add -q linked pawl-work/p-1/w && echo x > x' }"]),
    );
    place.env = { USERS: place.folder };
    const { status, stdout } = place.pawl("run", "plan.yaml");
    expect(status).toBe(0);
    expect(stdout).not.toContain("were not merged");
    expect(references(place)).toContain("refs/heads/pawl-work/p-1/w");
  });

  test("what a killed process did not take away, the next one does, before it says that the run has ended", () => {
    const place = placeWith(planOf(["{ id: t, run: 'echo x > x' }"]));
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    place.git("branch", "pawl-work/p-1/w", "pawl/p-1");
    place.git("update-ref", "refs/pawl/p-1/w%7Em1/commit", "main");
    expect(place.pawl("resume")).toMatchObject({ status: 2, stderr: expect.stringContaining("RUN_ENDED") });
    expect(references(place)).toEqual(["refs/heads/main", "refs/heads/pawl/p-1"]);
  });

  /** Where a run is in the middle of a task, and its process was killed. */
  async function abandonedPlace(): Promise<Place> {
    const place = placeWith(planOf(["{ id: t, run: 'touch $MARK; sleep 600' }"]));
    place.env = { MARK: join(place.folder, "mark") };
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGKILL");
    await ended;
    return place;
  }

  test("by a cancel that nobody worked on it for, too", async () => {
    const place = await abandonedPlace();
    expect(references(place)).toContain("refs/heads/pawl-work/p-1/w");
    expect(place.pawl("cancel").status).toBe(0);
    expect(references(place)).toEqual(["refs/heads/main", "refs/heads/pawl/p-1"]);
  });

  test("what a cancel could not take away is said, and the run is canceled all the same", async () => {
    const place = await abandonedPlace();
    place.git("pack-refs", "--all");
    place.git("config", "core.packedRefsTimeout", "0");
    place.write(".git/packed-refs.lock", "");
    const { status, stdout, stderr } = place.pawl("cancel");
    expect([status, stdout]).toEqual([0, "p-1 is canceled.\n"]);
    expect(stderr).toContain("still there, until the next pawl run: git update-ref");
  });

  test("what cannot be taken away is said, and the run has succeeded all the same", () => {
    const place = placeWith(planOf(["{ id: t, run: 'echo x > x' }"]));
    place.git("pack-refs", "--all");
    // The lock of a git of the user: it is not touched.
    const lock = join(place.folder, ".git/packed-refs.lock");
    writeFileSync(lock, "");
    place.git("config", "core.packedRefsTimeout", "0");
    const { status, stdout } = place.pawl("run", "plan.yaml");
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining("still there, until the next pawl run: git update-ref"),
    ]);
    expect(existsSync(lock)).toBe(true);
    rmSync(lock);
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(references(place)).toEqual(["refs/heads/main", "refs/heads/pawl/p-1", "refs/heads/pawl/p-2"]);
  });
});

describe("worktrees stay for the next run", () => {
  const withSetup = planOf(["{ id: t, run: 'echo x > x' }"], "setup: 'echo once >> $NOTES'\n");

  test("which sets none of them up again, and may find them gone", () => {
    const place = placeWith(withSetup);
    place.env = { NOTES: join(place.folder, ".git/notes") };
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    const before = place.git("worktree", "list").split("\n").length;
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(place.git("worktree", "list").split("\n")).toHaveLength(before);
    rmSync(join(place.folder, ".state/worktrees"), { recursive: true });
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(place.git("worktree", "list").split("\n")).toHaveLength(before);
    expect(place.git("show", "pawl/p-3:x")).toBe("x");
  });

  test("but for those of a setup command that no run has used for a week", () => {
    const place = placeWith(withSetup);
    place.env = { NOTES: join(place.folder, ".git/notes") };
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    const pools = join(place.folder, ".state/worktrees");
    const [old = ""] = readdirSync(pools);
    const count = place.git("worktree", "list").split("\n").length;
    place.git("worktree", "add", "-q", "--detach", join(pools, old, "w1/inner"));
    place.write("plan.yaml", planOf(["{ id: t, run: 'echo x > x' }"]));
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(readdirSync(pools).sort()).toEqual([old, "plain"].sort());
    const daysAgo = (days: number) => Date.now() / 1000 - days * 24 * 60 * 60;
    utimesSync(join(pools, old), daysAgo(8), daysAgo(8));
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(readdirSync(pools)).toEqual(["plain"]);
    expect(place.git("worktree", "list").split("\n")).toHaveLength(count);
  });

  test("and nothing that is not theirs", () => {
    const place = placeWith(planOf(["{ id: t, run: 'git branch pawl-work/p-1/mine; echo x > x' }"]));
    const pools = join(place.folder, ".state/worktrees");
    place.write(".state/worktrees/feature/notes", "own\n");
    place.write(".state/elsewhere/notes", "own\n");
    symlinkSync("../elsewhere", join(pools, "0123456789ab"));
    for (const folder of ["worktrees/feature", "elsewhere"]) {
      utimesSync(join(place.folder, ".state", folder), 0, 0);
    }
    expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 0, stderr: "" });
    expect(readdirSync(pools).sort()).toEqual(["0123456789ab", "feature", "plain"]);
    expect(readdirSync(join(pools, "feature"))).toEqual(["notes"]);
    expect(readdirSync(join(place.folder, ".state/elsewhere"))).toEqual(["notes"]);
    expect(references(place)).toEqual(["refs/heads/main", "refs/heads/pawl-work/p-1/mine", "refs/heads/pawl/p-1"]);
  });
});

describe("locks that a killed git left", () => {
  test("on branches of Pawl's own are taken away before they are in the way, on the user's they are not", () => {
    const place = placeWith(planOf(["{ id: t, run: 'echo x > x' }"]));
    for (const lock of ["pawl/p-1", "pawl-work/p-1/w"]) {
      place.write(`.git/refs/heads/${lock}.lock`, "");
    }
    place.write(".git/refs/heads/main.lock", "");
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(references(place)).toEqual(["refs/heads/main", "refs/heads/pawl/p-1"]);
    expect(readdirSync(join(place.folder, ".git/refs/heads")).sort()).toEqual(["main", "main.lock", "pawl"]);
    expect(place.pawl("merge")).toMatchObject({ status: 1, stderr: expect.stringContaining("main.lock") });
    expect(existsSync(join(place.folder, ".git/refs/heads/main.lock"))).toBe(true);
  });
});

describe("a run takes no branches of a run that another store knows", () => {
  const foreign = planOf(["{ id: t, run: 'echo foreign > foreign' }"], "gates: { g: { type: UNIT, run: 'exit 1' } }\n");
  const own = planOf(["{ id: t, run: 'echo own > own' }"]);
  const failing = foreign.replace("id: w\n", "id: w\n    final: [g]\n");

  test.each([
    ["that is gone", (place: Place) => rmSync(join(place.folder, ".state"), { recursive: true }), []],
    ["elsewhere", () => undefined, ["--state", ".other"]],
  ])("%s", (_, between, options) => {
    const place = placeWith(failing);
    expect(place.pawl("run", "plan.yaml").status).toBe(1);
    const before = references(place);
    expect(before).toContain("refs/heads/pawl-work/p-1/w");
    between(place);
    // Its workstream's branch is enough: its commits would come along.
    place.git("branch", "-D", "pawl/p-1");
    place.write("plan.yaml", own);
    const named = place.pawl("run", "plan.yaml", "--id", "p-1", ...options);
    expect([named.status, named.stderr]).toEqual([1, expect.stringMatching(/pawl-work\/p-1\/w exists.*BRANCH_EXISTS/)]);
    expect(place.pawl("run", "plan.yaml", ...options).status).toBe(0);
    expect(place.git("log", "--format=%s", "main..pawl/p-2", "--", "foreign")).toBe("");
    expect(place.git("show", "pawl/p-2:own")).toBe("own");
  });

  test("that is under way, when it takes away what one of that name has left here", async () => {
    const place = placeWith(own);
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    place.git("branch", "-D", "pawl/p-1");
    const [mark, go] = [join(place.folder, ".git/mark"), join(place.folder, ".git/go")];
    place.env = { MARK: mark, GO: go };
    place.write(
      "plan.yaml",
      planOf(["{ id: t, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done; echo 1 > b' }"]),
    );
    const { ended } = place.start("run", "plan.yaml", "--id", "p-1", "--state", ".other");
    await appears(mark);
    const before = references(place);
    expect(before).toContain("refs/heads/pawl-work/p-1/w");
    expect(place.pawl("resume")).toMatchObject({ status: 2, stderr: expect.stringContaining("[RUN_ENDED]") });
    expect(references(place)).toEqual(before);
    writeFileSync(go, "");
    expect((await ended).status).toBe(0);
    expect(place.git("show", "pawl/p-1:b")).toBe("1");
  });
});
