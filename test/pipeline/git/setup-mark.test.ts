import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Repository, Worktree, WorktreePool } from "../../../src/pipeline/git/index.ts";
import { poolOf, put, setting } from "./setting.fixture.ts";

const files = { ".gitignore": "deps\ncache\nl\u00f6s\n", "a.txt": "one\n", "pack/b.txt": "b\n" };

/** A worktree whose setup made these files. */
async function setUp(made: Readonly<Record<string, string>>): Promise<{
  readonly repository: Repository;
  readonly pool: WorktreePool;
  readonly start: string;
  readonly worktree: Worktree;
}> {
  const { repository, start } = await setting(files);
  const pool = await poolOf(repository, "install");
  const worktree = await pool.acquire(start);
  expect(worktree.needsSetup).toBe(true);
  put((await worktree.lend()).folder, made);
  await worktree.markSetUp();
  return { repository, pool, start, worktree };
}

/** The next task has the worktree after this. */
async function next(pool: WorktreePool, start: string, worktree: Worktree): Promise<Worktree> {
  pool.release(worktree);
  return await pool.acquire(start);
}

describe("a worktree that was set up", () => {
  test("is so for the next task, whatever else this one made and took away", async () => {
    const { pool, start, worktree } = await setUp({ "deps/tool": "x", "pack/deps/tool": "x", "l\u00f6s": "x" });
    put((await worktree.lend()).folder, { "a.txt": null, "cache/x": "x", "deps/other": "x" });
    expect(await next(pool, start, worktree)).toMatchObject({ needsSetup: false });
  });

  test.each(["deps", "pack/deps", "l\u00f6s"])("is not any more once %s is gone that this made", async (gone) => {
    const { pool, start, worktree } = await setUp({ "deps/tool": "x", "pack/deps/tool": "x", "l\u00f6s": "x" });
    put((await worktree.lend()).folder, { [gone]: null });
    expect(await next(pool, start, worktree)).toMatchObject({ needsSetup: true });
  });

  test("is not either where the setup that was begun anew was killed half way", async () => {
    const { repository, pool, start, worktree } = await setUp({ "deps/tool": "x" });
    put((await worktree.lend()).folder, { deps: null });
    put((await (await next(pool, start, worktree)).lend()).folder, { "deps/half": "x" });
    const again = await (await poolOf(repository, "install")).acquire(start);
    expect([again.name, again.needsSetup]).toEqual([worktree.name, true]);
  });

  test("has what was made that is ignored, and nothing else that the setup wrote", async () => {
    const { worktree, start } = await setUp({ "deps/tool": "x", "a.txt": "of the setup\n", "log.txt": "x" });
    expect(worktree.needsSetup).toBe(false);
    expect(readdirSync(worktree.folder).sort()).toEqual([".git", ".gitignore", "a.txt", "deps", "pack"]);
    expect([readFileSync(join(worktree.folder, "a.txt"), "utf8"), worktree.isAt(start)]).toEqual(["one\n", true]);
  });

  test("is as new when it is set up again, as no setup command is made for what one before it left", async () => {
    const { pool, start, worktree } = await setUp({ "deps/tool": "x", "pack/deps/tool": "x" });
    put((await worktree.lend()).folder, { deps: null, "cache/x": "x" });
    const { folder } = await next(pool, start, worktree);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual([
      ".git",
      ".gitignore",
      "a.txt",
      "pack",
      "pack/b.txt",
    ]);
  });
});
