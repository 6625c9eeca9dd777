import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyPatch, parsePatch } from "../../../src/pipeline/git/index.ts";
import { git, put, type Setting, setting } from "./setting.fixture.ts";

const files = { "a.txt": "one\n", "dir/b.txt": "b\n", link: { link: "a.txt" }, ".gitignore": "cache\n" } as const;

/** Lends a worktree to a check, which does `work` in its folder. @returns whether it counts as unchanged afterwards */
async function unchangedAfter(
  work: (folder: string) => void,
  { changesNothing = true, more = {} }: { changesNothing?: boolean; more?: Record<string, string> } = {},
): Promise<boolean> {
  const { pool, start } = await setting({ ...files, ...more });
  const worktree = await pool.acquire(start);
  work((await worktree.lend({ changesNothing })).folder);
  worktree.recognise();
  const unchanged = worktree.isAt(start);
  pool.release(worktree);
  // Whatever it was taken for, the next one gets what was committed.
  const { folder } = await (await pool.acquire(start)).lend();
  expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("one\n");
  expect(git(folder, "status", "--porcelain", "--ignored")).toBe("");
  return unchanged;
}

describe("a worktree after a check that may change nothing", () => {
  test("is the same when it was only read, as it is after many checks", async () => {
    expect(await unchangedAfter((folder) => void readFileSync(join(folder, "dir/b.txt")))).toBe(true);
    const { pool, start } = await setting(files);
    const worktree = await pool.acquire(start);
    for (let time = 0; time < 3; time += 1) {
      expect(git((await worktree.lend({ changesNothing: true })).folder, "log", "--format=%s")).toBe("start");
      worktree.recognise();
      expect(worktree.isAt(start)).toBe(true);
    }
  });

  test("shows the next command the patch that was applied since", async () => {
    const { pool, start } = await setting(files);
    const worktree = await pool.acquire(start);
    await worktree.lend({ changesNothing: true });
    worktree.recognise();
    const patch = "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\n";
    expect(await applyPatch(worktree, parsePatch(Buffer.from(patch), "p"))).toEqual({ applied: true });
    const { folder } = await worktree.lend({ changesNothing: true });
    expect(git(folder, "status", "--porcelain")).toBe("M  a.txt");
    worktree.recognise();
    expect(worktree.isAt(start)).toBe(false);
  });

  test.each<readonly [string, (folder: string) => void]>([
    [
      "a file has other text of the same size and its old time",
      (folder) => {
        const path = join(folder, "a.txt");
        const { atime, mtime } = statSync(path);
        writeFileSync(path, "two\n");
        utimesSync(path, atime, mtime);
      },
    ],
    ["a file is new", (folder) => writeFileSync(join(folder, "dir/new"), "")],
    ["an ignored file is new", (folder) => put(folder, { "cache/x": "x" })],
    ["an empty folder is new", (folder) => mkdirSync(join(folder, "empty"))],
    ["a file is gone", (folder) => rmSync(join(folder, "dir/b.txt"))],
    ["a file has another name", (folder) => renameSync(join(folder, "a.txt"), join(folder, "c.txt"))],
    ["a file can be executed", (folder) => chmodSync(join(folder, "a.txt"), 0o755)],
    [
      "a link leads elsewhere",
      (folder) => {
        rmSync(join(folder, "link"));
        symlinkSync("dir", join(folder, "link"));
      },
    ],
    ["all files are gone", (folder) => rmSync(folder, { recursive: true })],
    ["it was staged in git's own index", (folder) => git(folder, "update-index", "--chmod=+x", "a.txt")],
    ["HEAD is on a branch", (folder) => git(folder, "checkout", "-q", "-b", "of-the-task")],
    [
      "it was committed",
      (folder) => git(folder, "-c", "user.name=T", "-c", "user.email=t@x", "commit", "-q", "--allow-empty", "-m", "x"),
    ],
  ])("is another when %s", async (_, work) => {
    expect(await unchangedAfter(work)).toBe(false);
  });

  test("is taken for another when nobody said that it would be asked, or when it is too large to look at", async () => {
    expect(await unchangedAfter(() => undefined, { changesNothing: false })).toBe(false);
    const many = (count: number) => ({
      more: Object.fromEntries(Array.from({ length: count }, (_, index) => [`many/${index}`, ""])),
    });
    expect(await unchangedAfter(() => undefined, many(400))).toBe(true);
    expect(await unchangedAfter(() => undefined, many(600))).toBe(false);
  });

  test("that was changed is not taken for unchanged by a later check", async () => {
    const { pool, start }: Setting = await setting(files);
    const worktree = await pool.acquire(start);
    put((await worktree.lend({ changesNothing: true })).folder, { "a.txt": "changed\n" });
    worktree.recognise();
    await worktree.lend({ changesNothing: true });
    worktree.recognise();
    // It is what it was when it was lent, but not what was committed.
    expect(worktree.isAt(start)).toBe(false);
  });
});
