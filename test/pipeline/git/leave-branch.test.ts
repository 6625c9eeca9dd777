import { describe, expect, test } from "vitest";
import { leaveBranch } from "../../../src/pipeline/git/index.ts";
import { commitAll, git, poolOf, setting } from "./setting.fixture.ts";

describe("a branch that a command switched its worktree to", () => {
  test("is left, at the commit that it has", async () => {
    const { checkout, pool, start } = await setting();
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    git(folder, "checkout", "-q", "-b", "theirs");
    const commit = commitAll(folder, { "a.txt": "theirs\n" }, "theirs");
    await leaveBranch(worktree);
    expect(git(folder, "status", "--porcelain", "--branch")).toBe("## HEAD (no branch)");
    expect(git(folder, "rev-parse", "HEAD", "theirs").split("\n")).toEqual([commit, commit]);
    git(checkout, "checkout", "-q", "theirs");
  });

  test("is left too where it has no commit yet", async () => {
    const { pool, start } = await setting();
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    git(folder, "checkout", "-q", "--orphan", "empty");
    await leaveBranch(worktree);
    expect(git(folder, "rev-parse", "HEAD")).toBe(start);
  });

  test("is left by the next process where this one was killed", async () => {
    const { checkout, repository, pool, start } = await setting();
    git((await (await pool.acquire(start)).lend()).folder, "checkout", "-q", "-b", "theirs");
    await poolOf(repository);
    git(checkout, "checkout", "-q", "theirs");
  });
});
