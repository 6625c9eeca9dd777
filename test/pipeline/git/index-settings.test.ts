import { readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capturePatch, type Worktree } from "../../../src/pipeline/git/index.ts";
import { git, put, setting } from "./setting.fixture.ts";

/** What a task changed as a patch, where the user has these settings. */
async function patchAfter(
  settings: Readonly<Record<string, string>>,
  work: (folder: string, worktree: Worktree) => void,
): Promise<string> {
  const { checkout, pool, start } = await setting({ "a.txt": "one\n", "b.txt": "b\n" });
  for (const [name, value] of Object.entries(settings)) {
    git(checkout, "config", name, value);
  }
  const worktree = await pool.acquire(start);
  work((await worktree.lend()).folder, worktree);
  return (await capturePatch(worktree, start))?.toString() ?? "";
}

test("a change is seen where the user has git trust that files are as it left them", async () => {
  const patch = await patchAfter({ "core.ignoreStat": "true" }, (folder) => put(folder, { "a.txt": "two\n" }));
  expect(patch).toMatch(/^\+two$/m);
});

test("a file in the place of another of its size and time is seen, where git is to look at nothing else", async () => {
  const patch = await patchAfter({ "core.checkStat": "minimal" }, (folder, { gitDir }) => {
    const { atime, mtime } = statSync(join(folder, "a.txt"));
    put(folder, { new: "two\n" });
    utimesSync(join(folder, "new"), atime, mtime);
    renameSync(join(folder, "new"), join(folder, "a.txt"));
    // Git looks into what is as young as its index, whatever it knows of it.
    utimesSync(join(gitDir, "pawl-index"), atime, new Date(mtime.getTime() + 10_000));
  });
  expect(patch).toMatch(/^\+two$/m);
});

test("the git of a task sees a change of the very second in which the files were checked out", async () => {
  const { checkout, pool, start } = await setting();
  git(checkout, "config", "core.trustctime", "false");
  const worktree = await pool.acquire(start);
  const [file, index] = [join(worktree.folder, "a.txt"), join(worktree.gitDir, "pawl-index")];
  utimesSync(file, 1e9, 1e9);
  await worktree.git(["update-index", "--refresh"]);
  utimesSync(index, 1e9, 1e9);
  const { folder } = await worktree.lend();
  writeFileSync(file, "two\n");
  utimesSync(file, 1e9, 1e9);
  expect(git(folder, "status", "--porcelain")).toBe(" M a.txt");
});

test("no part of Pawl's index lies in a file that the git of a task takes away", async () => {
  const settings = {
    "core.splitIndex": "true",
    "splitIndex.maxPercentChange": "0",
    "splitIndex.sharedIndexExpire": "now",
  };
  const patch = await patchAfter(settings, (folder, { gitDir }) => {
    put(folder, { "a.txt": "two\n" });
    const parts = readdirSync(gitDir).filter((name) => name.startsWith("sharedindex."));
    for (const part of parts) {
      rmSync(join(gitDir, part));
    }
  });
  expect(patch).toMatch(/^\+two$/m);
});
