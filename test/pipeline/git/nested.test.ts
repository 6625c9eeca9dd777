import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { capturePatch, parsePatch } from "../../../src/pipeline/git/index.ts";
import { git, put, setting } from "./setting.fixture.ts";

/** A repository inside the tree, as a task may leave it. */
function nest(folder: string, path: string, { commits }: { readonly commits: boolean }): void {
  mkdirSync(join(folder, path), { recursive: true });
  git(join(folder, path), "init", "-q");
  put(join(folder, path), { x: "x\n" });
  if (commits) {
    git(join(folder, path), "add", "x");
    git(join(folder, path), "-c", "user.name=N", "-c", "user.email=n@x", "commit", "-q", "-m", "nested");
  }
}

describe("a task that leaves a git repository inside the tree", () => {
  test.each([
    ["without commits", "sub", false],
    ["with commits", "sub", true],
    ["of a name with spaces, quotes and letters of Unicode", "deep/o n'e größe", false],
    ["of such a name, with commits", "deep/o n'e größe", true],
  ])("%s is refused by its path, and the worktree can be used again", async (_, path, commits) => {
    const { pool, start } = await setting();
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    nest(folder, path, { commits });
    await expect(capturePatch(worktree, start)).rejects.toMatchObject({
      code: "NESTED_REPOSITORY",
      message: `${path} is a git repository of its own inside the tree, whose files a patch cannot carry`,
      fix: expect.stringContaining(`remove ${path}/.git`),
    });
    await worktree.reset(start);
    expect(readdirSync(folder).sort()).toEqual([".git", "a.txt"]);
    put((await worktree.lend()).folder, { b: "b\n" });
    const captured = parsePatch((await capturePatch(worktree, start)) ?? Buffer.alloc(0), "p");
    expect(captured.files.map(({ newPath }) => newPath)).toEqual(["b"]);
  });

  test("that is ignored changes nothing, and one around tracked files hides none of their changes", async () => {
    const { pool, start } = await setting({ ".gitignore": "cache\n", "dir/f": "1\n" });
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    nest(folder, "cache", { commits: true });
    expect(await capturePatch(worktree, start)).toBeNull();
    nest(folder, "dir", { commits: true });
    put(folder, { "dir/f": "2\n" });
    const captured = parsePatch((await capturePatch(worktree, start)) ?? Buffer.alloc(0), "p");
    expect(captured.files.map(({ newPath }) => newPath)).toEqual(["dir/f", "dir/x"]);
    await worktree.reset(start);
    expect([readdirSync(folder).sort(), readdirSync(join(folder, "dir"))]).toEqual([
      [".git", ".gitignore", "dir"],
      ["f"],
    ]);
  });

  test("elsewhere, and links to it in the place of a folder, does not lose it with the link", async () => {
    const { checkout, pool, start } = await setting({ "dir/f": "1\n", "deep/er/f": "1\n" });
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    for (const [place, to] of [
      ["dir", checkout],
      ["deep", join(checkout, "..")],
    ] as const) {
      rmSync(join(folder, place), { recursive: true });
      symlinkSync(to, join(folder, place));
    }
    mkdirSync(join(checkout, "../er"));
    git(join(checkout, "../er"), "init", "-q");
    await worktree.reset(start);
    expect(readdirSync(join(folder, "dir"))).toEqual(["f"]);
    expect(git(checkout, "rev-parse", "HEAD")).toBe(start);
    expect(readdirSync(join(checkout, "../er"))).toEqual([".git"]);
  });
});
