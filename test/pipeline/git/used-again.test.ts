import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { PawlError } from "../../../src/base/errors/index.ts";
import {
  applyPatch,
  capturePatch,
  commitPatch,
  createBranch,
  parsePatch,
  WorktreePool,
} from "../../../src/pipeline/git/index.ts";
import { commitAll, git, poolOf, put, setting } from "./setting.fixture.ts";

describe("a worktree is used again, whatever a task did to it", () => {
  test("deleted its .git, left ignored files and locks, committed by itself", async () => {
    const { pool, start } = await setting({ "a.txt": "one\n", ".gitignore": "ignored\n" });
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    commitAll(folder, { "a.txt": "two\n", ignored: "x" }, "of its own");
    rmSync(join(folder, ".git"));
    writeFileSync(join(worktree.gitDir, "index.lock"), "");
    const captured = await capturePatch(worktree, start);
    expect(parsePatch(captured ?? Buffer.alloc(0), "p").files).toMatchObject([{ newPath: "a.txt" }]);
    writeFileSync(join(worktree.gitDir, "pawl-index.lock"), "");
    pool.release(worktree);
    const again = await pool.acquire(start);
    expect(again).toBe(worktree);
    await again.lend();
    git(folder, "add", "--all");
    expect(git(folder, "status", "--porcelain", "--ignored")).toBe("");
  });

  test.each([
    "rebase theirs",
    "rebase --apply theirs",
    "merge theirs",
    "cherry-pick theirs~1 theirs",
    "bisect start HEAD HEAD~1",
  ])("left this in its middle: git %s", async (command) => {
    const { pool, start } = await setting();
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    git(folder, "checkout", "-q", "-b", "theirs");
    commitAll(folder, { "a.txt": "theirs\n" }, "theirs");
    commitAll(folder, { "a.txt": "theirs again\n" }, "theirs again");
    git(folder, "checkout", "-q", "--detach", start);
    commitAll(folder, { "a.txt": "ours\n" }, "ours");
    spawnSync("git", command.split(" "), { cwd: folder });
    expect(git(folder, "status")).toMatch(/git (rebase|am|merge|cherry-pick|bisect) /);
    pool.release(worktree);
    await (await pool.acquire(start)).lend();
    expect(git(folder, "status").split("\n").slice(1)).toEqual(["nothing to commit, working tree clean"]);
  });

  test("or a gate did to what is committed then, and left a lock for the next gate", async () => {
    const { pool, repository, start } = await setting({ "a.txt": "one\n" });
    await createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start);
    const worktree = await pool.acquire(start);
    const patch = "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\n";
    expect(await applyPatch(worktree, parsePatch(Buffer.from(patch), "p"))).toEqual({ applied: true });
    put((await worktree.lend()).folder, { "a.txt": "of the gate\n", left: "by the gate\n" });
    writeFileSync(join(worktree.gitDir, "index.lock"), "");
    git((await worktree.lend()).folder, "add", "a.txt");
    const commit = await commitPatch(repository, worktree, {
      branch: "pawl/R1",
      parent: start,
      message: "m",
      trailers: {},
    });
    expect(git(repository.root, "show", `${commit}:a.txt`)).toBe("two");
    expect(worktree.isAt(commit)).toBe(false);
    pool.release(worktree);
    const { folder } = await (await pool.acquire(commit)).lend();
    expect([readFileSync(join(folder, "a.txt"), "utf8"), git(folder, "status", "--porcelain")]).toEqual(["two\n", ""]);
  });

  test("also in a folder below, where git finds this worktree, and none above it once it is lost", async () => {
    const { repository, start, checkout } = await setting({ "dir/a.txt": "one\n" });
    const place = { folder: join(checkout, ".state"), setup: null, keepIgnored: false };
    const worktree = await (await WorktreePool.open(repository, place)).acquire(start);
    const { folder, environment } = await worktree.lend();
    const top = () =>
      spawnSync("git", ["rev-parse", "--show-toplevel"], {
        cwd: join(folder, "dir"),
        env: { ...process.env, ...environment },
        encoding: "utf8",
      }).stdout.trim();
    expect(top()).toBe(folder);
    rmSync(join(folder, ".git"));
    expect(top()).toBe("");
  });

  test("left pipes and sockets, at which the next server would fail", async () => {
    const { pool, start } = await setting({ "dir/a.txt": "one\n" });
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    put(folder, { "new/b.txt": "b\n" });
    for (const place of ["", "dir", "new"]) {
      spawnSync("mkfifo", ["pipe"], { cwd: join(folder, place) });
      const server = createServer().listen(join(folder, place, "socket"));
      await once(server, "listening");
      renameSync(join(folder, place, "socket"), join(folder, place, "left"));
      server.close();
    }
    expect(readdirSync(join(folder, "dir")).sort()).toEqual(["a.txt", "left", "pipe"]);
    pool.release(worktree);
    await pool.acquire(start);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual([".git", "dir", "dir/a.txt"]);
  });

  test("left such things, and Pawl was killed", async () => {
    const { pool, repository, start } = await setting({ "dir/a.txt": "one\n" });
    const { folder } = await (await pool.acquire(start)).lend();
    spawnSync("mkfifo", ["pipe"], { cwd: join(folder, "dir") });
    git(join(folder, "dir"), "init", "-q");
    await (await poolOf(repository)).acquire(start);
    expect(readdirSync(join(folder, "dir"))).toEqual(["a.txt"]);
  });

  test.each<readonly [string, string]>([
    ["had its .git lead elsewhere", "rm .git && echo gitdir: ../elsewhere > .git"],
    [
      "left out a part of the tree where the user's git may",
      "mkdir -p $D/info && echo /b.txt > $D/info/sparse-checkout",
    ],
  ])("%s", async (_, script) => {
    const { pool, checkout, start } = await setting({ "a.txt": "one\n", "b.txt": "b\n" });
    git(checkout, "config", "core.sparseCheckout", "true");
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    execFileSync("sh", ["-c", script], { cwd: folder, env: { ...process.env, D: worktree.gitDir } });
    pool.release(worktree);
    expect(await pool.acquire(start)).toBe(worktree);
    await worktree.lend();
    git(folder, "read-tree", "-m", "-u", "HEAD");
    expect([git(folder, "rev-parse", "--git-dir"), git(folder, "ls-files", "-t")]).toEqual([
      worktree.gitDir,
      "H a.txt\nH b.txt",
    ]);
  });

  test("switched to a branch of its own, which stays where it is", async () => {
    const { pool, checkout, start } = await setting();
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    git(folder, "switch", "-q", "-c", "mine");
    const commit = commitAll(folder, { "b.txt": "b\n" }, "of its own");
    pool.release(worktree);
    expect(await pool.acquire(start)).toBe(worktree);
    expect([git(checkout, "rev-parse", "mine"), git(folder, "rev-parse", "HEAD")]).toEqual([commit, start]);
  });

  test("made a worktree inside of it, of which git keeps nothing then, and all of others that are gone", async () => {
    const { checkout, pool, start } = await setting();
    const elsewhere = join(dirname(checkout), "elsewhere");
    git(checkout, "worktree", "add", "-q", "-b", "theirs", elsewhere);
    rmSync(elsewhere, { recursive: true });
    for (const _ of ["made", "made again"]) {
      const worktree = await pool.acquire(start);
      const { folder } = await worktree.lend();
      git(folder, "worktree", "add", "-q", "-b", "inner", "sub");
      pool.release(worktree);
      await pool.acquire(start).then((again) => pool.release(again));
      git(checkout, "branch", "-q", "-D", "inner");
    }
    expect(git(checkout, "worktree", "list", "--porcelain")).toContain(`worktree ${elsewhere}\n`);
  });

  test("had git leave out a part of the tree", async () => {
    const { pool, start } = await setting({ "a.txt": "one\n", "docs/b.txt": "b\n" });
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    git(folder, "sparse-checkout", "set", "src");
    expect(readdirSync(folder).sort()).toEqual([".git", "a.txt"]);
    pool.release(worktree);
    await (await pool.acquire(start)).lend();
    git(folder, "reset", "-q", "--hard");
    expect(readdirSync(folder).sort()).toEqual([".git", "a.txt", "docs"]);
  });

  test("gave it settings of its own, but for those that the user's checkout has", async () => {
    const { checkout, pool, start } = await setting();
    git(checkout, "config", "extensions.worktreeConfig", "true");
    git(checkout, "config", "--worktree", "user.name", "Ann of this checkout");
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    git(folder, "config", "--worktree", "user.name", "Task");
    git(folder, "config", "--worktree", "core.excludesFile", join(checkout, "all"));
    put(checkout, { all: "*" });
    pool.release(worktree);
    const again = await pool.acquire(start);
    put((await again.lend()).folder, { "new.txt": "new\n" });
    expect(git(folder, "config", "user.name")).toBe("Ann of this checkout");
    expect((await capturePatch(again, start))?.toString()).toContain("+++ b/new.txt");
  });

  test("gave it settings where the user's checkout has none of its own", async () => {
    const { checkout, pool, start } = await setting();
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    git(checkout, "config", "extensions.worktreeConfig", "true");
    git(folder, "config", "--worktree", "user.name", "Task");
    pool.release(worktree);
    await (await pool.acquire(start)).lend();
    expect(git(folder, "config", "user.name")).toBe("Ann");
  });

  test("even where its index is none any more", async () => {
    const { checkout, pool, start } = await setting({ "a.txt": "one\n", "dir/c.txt": "c\n" });
    const worktree = await pool.acquire(start);
    put(worktree.folder, { junk: "junk\n" });
    git(join(worktree.folder, "dir"), "init", "-q");
    writeFileSync(join(worktree.gitDir, "pawl-index"), "no index");
    pool.release(worktree);
    const next = commitAll(checkout, { "b.txt": "b\n" }, "next");
    const again = await pool.acquire(next);
    expect(again).toBe(worktree);
    expect(readdirSync(again.folder).sort()).toEqual([".git", "a.txt", "b.txt", "dir"]);
    expect(readdirSync(join(again.folder, "dir"))).toEqual(["c.txt"]);
    expect(await capturePatch(again, next)).toBeNull();
  });

  test("also after it could not be set to what was asked for", async () => {
    const { pool, start } = await setting();
    const worktree = await pool.acquire(start);
    pool.release(worktree);
    await expect(pool.acquire("0".repeat(40))).rejects.toMatchObject({ code: "GIT_FAILED" });
    expect(await pool.acquire(start)).toBe(worktree);
  });

  test("but not one that git has forgotten: another takes its place", async () => {
    const { checkout, pool, start } = await setting();
    const worktree = await pool.acquire(start);
    const { folder } = await worktree.lend();
    git(folder, "worktree", "remove", "--force", ".");
    pool.release(worktree);
    const [first, second] = [await pool.acquire(start), await pool.acquire(start)];
    expect([first.folder, second.folder]).toEqual([folder, join(folder, "../w2")]);
    expect(git((await first.lend()).folder, "status", "--porcelain")).toBe("");
    expect(git(checkout, "worktree", "list").split("\n")).toHaveLength(3);
  });

  test("but not one with files that this user cannot take away: another takes its place", async () => {
    const { pool, start } = await setting();
    const worktree = await pool.acquire(start);
    await worktree.lend();
    pool.release(worktree);
    const run = worktree.git.bind(worktree);
    const detail = "warning: failed to remove d/f: Permission denied";
    vi.spyOn(worktree, "git").mockImplementation(async (args, more) => {
      if (args[0] === "clean") {
        throw new PawlError("GIT_FAILED", { command: "clean", folder: worktree.folder, exit: 1, detail });
      }
      return await run(args, more);
    });
    const second = await pool.acquire(start);
    pool.release(second);
    expect([worktree.name, second.name, (await pool.acquire(start)).name]).toEqual(["w1", "w2", "w2"]);
    expect((await pool.acquire(start)).name).toBe("w3");
  });

  test("nor the name of one that is there still", async () => {
    const { pool, start } = await setting();
    const [first, second] = [await pool.acquire(start), await pool.acquire(start)];
    git((await first.lend()).folder, "worktree", "remove", "--force", ".");
    pool.release(first);
    const third = await pool.acquire(start);
    expect([first, second, third].map(({ name }) => name)).toEqual(["w1", "w2", "w3"]);
  });

  test("and what stands in its pool and is no worktree goes when the pool is opened", async () => {
    const { pool, repository, start } = await setting();
    const { folder } = await pool.acquire(start);
    put(join(folder, ".."), { "w2/a.txt": "half of it\n", stray: "x" });
    await poolOf(repository);
    expect(readdirSync(join(folder, ".."))).toEqual(["w1"]);
  });

  test("and git wrote its place relative to the repository's", async () => {
    const { pool, repository, start } = await setting();
    const { folder, gitDir } = await pool.acquire(start);
    writeFileSync(join(gitDir, "gitdir"), `${relative(gitDir, join(folder, ".git"))}\n`);
    const again = await (await poolOf(repository)).acquire(start);
    expect([again.folder, again.gitDir]).toEqual([folder, gitDir]);
  });

  test("one that was half made when Pawl was killed is removed", async () => {
    const { pool, repository, start } = await setting();
    const worktree = await pool.acquire(start);
    writeFileSync(join(worktree.gitDir, "locked"), "initializing");
    const reopened = await poolOf(repository);
    expect(readdirSync(join(worktree.folder, ".."))).toEqual([]);
    expect((await reopened.acquire(start)).isAt(start)).toBe(true);
  });
});
