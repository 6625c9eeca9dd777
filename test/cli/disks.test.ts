import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { Database } from "../../src/store/sqlite/driver.ts";
import { appears } from "../waiting.fixture.ts";
import { type Place, placeWith, planOf } from "./pawl.fixture.ts";

const plan = planOf(["{ id: t, run: 'echo hi > b.txt' }"]);

/** A disk of its own for a folder of the place. Making one takes root. */
function mounted(context: TestContext, place: Place, name: string, options: string): string {
  const folder = join(place.folder, name);
  mkdirSync(folder, { recursive: true });
  const { status, error } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  context.skip(status !== 0 || error !== undefined, "a disk can be mounted by root on Linux alone");
  onTestFinished(() => void spawnSync("umount", ["--lazy", folder]));
  return folder;
}

/** Writes a file until there is no space left. */
function fill(file: string): void {
  for (const bytes of [Buffer.alloc(65_536), Buffer.alloc(512)]) {
    try {
      for (;;) {
        appendFileSync(file, bytes);
      }
    } catch {
      // Full, for pieces of this size.
    }
  }
}

const remount = (folder: string, options: string): void =>
  void execFileSync("mount", ["-o", `remount,${options}`, folder]);

describe("a disk that is full", () => {
  test("from the beginning is said, and no branch and no worktree is left", (context) => {
    const place = placeWith(plan);
    mounted(context, place, "small", "size=100k");
    expect(place.pawl("run", "plan.yaml", "--state", "small")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^no space left for .*small\/pipeline\.db: .* \[STORE_FULL\]\n {2}Free some space/),
    });
    expect(place.git("branch", "--list", "pawl*")).toBe("");
  });

  test("in the middle stops the run, and resume goes on once there is space, losing nothing", async (context) => {
    const place = placeWith(
      planOf([
        "{ id: first, run: 'echo 1 > first.txt; echo first >> $NOTES' }",
        "{ id: wait, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done', changes: none, depends_on: [first] }",
        "{ id: last, run: 'echo 2 > last.txt', depends_on: [wait] }",
      ]),
    );
    const git = (name: string): string => join(place.folder, ".git", name);
    place.env = { MARK: git("mark"), GO: git("go"), NOTES: git("notes") };
    const disk = mounted(context, place, "disk", "size=16m");
    const { ended } = place.start("run", "plan.yaml", "--state", "disk");
    await appears(git("mark"));
    fill(join(disk, "in-the-way"));
    writeFileSync(git("go"), "");
    expect(await ended).toMatchObject({ status: 1, stderr: expect.stringContaining("[STORE_FULL]") });
    expect((await place.look("status", "--state", "disk")).stdout).toContain("p-1  running");
    expect((await place.look("verify", "--state", "disk")).status).toBe(0);
    rmSync(join(disk, "in-the-way"));
    expect(place.pawl("resume", "--state", "disk").status).toBe(0);
    expect(place.git("diff", "--name-only", "main", "pawl/p-1")).toBe("first.txt\nlast.txt");
    expect(readFileSync(git("notes"), "utf8")).toBe("first\n");
    expect((await place.look("verify", "--state", "disk")).status).toBe(0);
  });
});

test("a disk that is full when all has ended is looked at, and said to be full by what would write", async (context) => {
  const place = placeWith(plan);
  const disk = mounted(context, place, "disk", "size=16m");
  expect(place.pawl("run", "plan.yaml", "--state", "disk").status).toBe(0);
  fill(join(disk, "in-the-way"));
  expect((await place.look("status", "--state", "disk")).stdout).toContain("p-1  succeeded");
  expect((await place.look("verify", "--state", "disk")).status).toBe(0);
  expect(place.pawl("run", "plan.yaml", "--state", "disk")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^no space left for .* \[STORE_FULL\]\n {2}Free some space/),
  });
});

describe("a state folder that cannot be written", () => {
  test("because its disk is read-only is refused, and can still be looked at", async (context) => {
    const place = placeWith(plan);
    const disk = mounted(context, place, "disk", "size=16m");
    expect(place.pawl("run", "plan.yaml", "--state", "disk").status).toBe(0);
    remount(disk, "ro");
    for (const command of [["run", "plan.yaml"], ["resume"], ["cancel"]]) {
      expect(place.pawl(...command, "--state", "disk")).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(
          command[0] === "cancel"
            ? /\[RUN_ENDED\]/
            : /^the state folder .*disk cannot be used: EROFS.* \[STATE_FOLDER_UNUSABLE\]\n {2}Make it writable, or name another/,
        ),
      });
    }
    expect((await place.look("status", "--state", "disk")).stdout).toContain("p-1  succeeded");
    expect((await place.look("show", "w.t", "--state", "disk")).stdout).toContain("task p-1/w.t: completed");
    expect((await place.look("verify", "--state", "disk")).status).toBe(0);
    expect(place.pawl("merge", "--state", "disk").status).toBe(0);
  });

  test("by this user is refused", (context) => {
    const place = placeWith(plan);
    const runAs = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const isRoot = process.getuid?.() === 0;
    mkdirSync(join(place.folder, "mine"));
    chmodSync(join(place.folder, "mine"), 0o555);
    if (isRoot) {
      chmodSync(dirname(place.folder), 0o711);
      execFileSync("chown", ["-R", "65534:65534", place.folder]);
    }
    const starts = !isRoot || place.pawlBy(runAs, "--version").status === 0;
    context.skip(!starts, "root may write everywhere, and another user cannot start this program");
    const printed = place.pawlBy(isRoot ? runAs : [], "run", "plan.yaml", "--state", "mine");
    expect(printed).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/EACCES.* \[STATE_FOLDER_UNUSABLE\]\n {2}Make it writable/),
    });
    expect(statSync(join(place.folder, "mine")).size).toBeLessThanOrEqual(4096);
  });
});

describe("a state folder of somebody else", () => {
  test("with a file that is no database is refused by every command, and left as it is", () => {
    const place = placeWith(plan);
    place.write(".state/pipeline.db", "this is no database, but a text\n");
    for (const command of [["run", "plan.yaml"], ["resume"], ["status"], ["events"], ["show", "w.t"], ["cancel"]]) {
      expect(place.pawl(...command)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
          /pipeline\.db is not a Pawl store: .* \[STORE_NOT_A_DATABASE\]\n {2}Name another/,
        ),
      });
    }
    expect(readFileSync(join(place.folder, ".state/pipeline.db"), "utf8")).toBe("this is no database, but a text\n");
  });

  test("in which a process was killed at its very beginning holds no runs, and can be used", async () => {
    const place = placeWith(plan);
    place.write(".state/pipeline.db", "");
    place.write(".state/repository", "");
    expect(await place.look("status")).toMatchObject({ status: 2, stderr: expect.stringContaining("[NO_RUNS]") });
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
  });

  test("for another repository says which one, and how to go on", () => {
    const place = placeWith(plan);
    place.write(".state/repository", "/somewhere/else\n");
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/\/somewhere\/else.* \[STATE_OF_ANOTHER_REPOSITORY\]\n {2}\S/),
    });
  });
});

test.each([
  ["at its head", (content: Buffer) => content.fill(0xff, 100, 500)],
  ["behind it", (content: Buffer) => content.fill(0xff, 4096)],
])("a store that is damaged %s is called so by all that look into it", async (_, damage) => {
  const place = placeWith(plan);
  place.pawl("run", "plan.yaml");
  const file = join(place.folder, ".state/pipeline.db");
  const db = new Database(file);
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
  writeFileSync(file, damage(readFileSync(file)));
  for (const args of [["status"], ["show", "w.t"], ["events"], ["merge"], ["run", "plan.yaml"]]) {
    expect([args, await place.look(...args)]).toEqual([
      args,
      expect.objectContaining({
        status: 1,
        stderr: expect.stringMatching(`^${file} is damaged: .* \\[STORE_DAMAGED\\]\n  Copy any transitions`),
      }),
    ]);
  }
});

test("a run whose state somebody deletes meanwhile, as git clean -fdx does, stops and says so", () => {
  const place = placeWith(planOf(["{ id: t, run: 'git -C ../../../.. clean -fdxq; echo 1 > b.txt' }"]));
  expect(place.pawl("run", "plan.yaml")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /pipeline\.db was moved, replaced or deleted .* \[STORE_MOVED\]\n {2}End this process/,
    ),
  });
  expect(existsSync(join(place.folder, ".state/pipeline.db"))).toBe(false);
});

test("a second run at the same time is refused, and the first goes on", async () => {
  const place = placeWith(
    planOf(["{ id: t, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done; echo 1 > b.txt' }"]),
  );
  place.env = { MARK: join(place.folder, ".git/mark"), GO: join(place.folder, ".git/go") };
  const { process: first, ended } = place.start("run", "plan.yaml");
  await appears(join(place.folder, ".git/mark"));
  expect(place.pawl("run", "plan.yaml")).toMatchObject({
    status: 75,
    stderr: expect.stringMatching(
      new RegExp(`pipeline\\.db is in use by process ${first.pid} on \\S+ \\[STORE_IN_USE\\]\\n {2}Wait`),
    ),
  });
  writeFileSync(join(place.folder, ".git/go"), "");
  expect((await ended).status).toBe(0);
  expect(place.git("show", "pawl/p-1:b.txt")).toBe("1");
});
