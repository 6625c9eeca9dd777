import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { PawlError } from "../../../src/base/errors/index.ts";
import {
  advanceBranch,
  applyPatch,
  branchTakingName,
  capturePatch,
  commitPatch,
  createBranch,
  findCommit,
  mergeRunIntoBase,
  mergeTrees,
  parsePatch,
} from "../../../src/pipeline/git/index.ts";
import { commitAll, git, poolOf, put, type Setting, setting } from "./setting.fixture.ts";

const trailers = { "Pawl-Run": "R1", "Pawl-Ledger": "L1" };

/** A branch `pawl/R1` one commit ahead of the checkout, which writes `text` to `path`. */
async function runThatWrote({ repository, pool, start }: Setting, path: string, text: string): Promise<string> {
  await createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start);
  const worktree = await pool.acquire(start);
  put((await worktree.lend()).folder, { [path]: text });
  await capturePatch(worktree, start);
  const made = { branch: "pawl/R1", parent: start, message: "Write it", trailers };
  const commit = await commitPatch(repository, worktree, made);
  pool.release(worktree);
  return commit;
}

describe("a patch is committed once", () => {
  test("with its trailers, by which it is found after a crash", async () => {
    const place = await setting();
    const commit = await runThatWrote(place, "b.txt", "b\n");
    const { repository, start } = place;
    const body = git(place.checkout, "log", "-1", "--format=%B", "pawl/R1");
    expect(body.trimEnd()).toBe("Write it\n\nPawl-Run: R1\nPawl-Ledger: L1");
    expect(await findCommit(repository, { branch: "pawl/R1", notIn: start, trailers })).toBe(commit);
    const other = { ...trailers, "Pawl-Ledger": "L2" };
    expect(await findCommit(repository, { branch: "pawl/R1", notIn: start, trailers: other })).toBeNull();
  });

  test("and found where the user's git writes trailers with another sign", async () => {
    const place = await setting();
    git(place.checkout, "config", "trailer.separators", "=");
    const commit = await runThatWrote(place, "b.txt", "b\n");
    const { repository, start } = place;
    expect(await findCommit(repository, { branch: "pawl/R1", notIn: start, trailers })).toBe(commit);
  });

  test("and not onto a branch that somebody else moved", async () => {
    const place = await setting();
    const moved = await runThatWrote(place, "b.txt", "b\n");
    const worktree = await place.pool.acquire(place.start);
    const made = { branch: "pawl/R1", parent: place.start, message: "again", trailers };
    const again = () => commitPatch(place.repository, worktree, made);
    const values = { branch: "pawl/R1", expected: place.start };
    await expect(again()).rejects.toMatchObject({ code: "BRANCH_MOVED", values: { ...values, found: moved } });
    expect(git(place.checkout, "rev-parse", "pawl/R1")).toBe(moved);
    git(place.checkout, "branch", "-q", "-D", "pawl/R1");
    await expect(again()).rejects.toMatchObject({ code: "BRANCH_MOVED", values: { ...values, found: "nothing" } });
  });
});

describe("a patch that does not go in leaves nothing behind", () => {
  test.each([
    ["because the file is another", "three\n", /does not apply/],
    ["because all of it is there", "two\n", /applies to nothing/],
  ])("%s", async (_, text, reason) => {
    const { checkout, pool } = await setting();
    put(checkout, { "a.txt": "two\n" });
    const patch = parsePatch(Buffer.from(`${git(checkout, "diff")}\n`), "p");
    const base = commitAll(checkout, { "a.txt": text }, "other");
    const worktree = await pool.acquire(base);
    expect(await applyPatch(worktree, patch)).toMatchObject({ applied: false, reason: expect.stringMatching(reason) });
    expect(git((await worktree.lend()).folder, "status", "--porcelain")).toBe("");
    expect(await capturePatch(worktree, base)).toBeNull();
  });
});

test("a patch of a mode that is there already applies to nothing", async () => {
  const { checkout, pool } = await setting({ tool: "#!/bin/sh\n" });
  put(checkout, { tool: { program: "#!/bin/sh\n" } });
  const patch = parsePatch(Buffer.from(`${git(checkout, "diff")}\n`), "p");
  const before = await pool.acquire(git(checkout, "rev-parse", "HEAD"));
  expect(await applyPatch(before, patch)).toEqual({ applied: true });
  const after = await pool.acquire(commitAll(checkout, {}, "the mode"));
  expect(await applyPatch(after, patch)).toMatchObject({ applied: false, reason: expect.stringMatching(/nothing/) });
});

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

describe("a merge", () => {
  test("of what is contained already makes no commit, and a conflict names the paths", async () => {
    const place = await setting();
    const from = await runThatWrote(place, "a.txt", "of the run\n");
    const into = commitAll(place.checkout, { "a.txt": "of the user\n" }, "other");
    const merge = (a: string, b: string) =>
      mergeTrees(place.repository, { into: a, from: b, message: "Merge", trailers: {} });
    expect(await merge(from, place.start)).toEqual({ merged: true, commit: from });
    expect(await merge(into, from)).toEqual({ merged: false, paths: ["a.txt"] });
  });

  test("moves a branch from where it was said to be, once", async () => {
    const { repository, checkout, start } = await setting();
    const next = commitAll(checkout, { b: "" }, "next");
    git(checkout, "branch", "work", start);
    await advanceBranch(repository, "work", { from: start, to: next });
    await advanceBranch(repository, "work", { from: start, to: next });
    expect(git(checkout, "rev-parse", "work")).toBe(next);
    const back = advanceBranch(repository, "work", { from: "0".repeat(40), to: start });
    await expect(back).rejects.toMatchObject({ code: "BRANCH_MOVED" });
    const checkedOut = advanceBranch(repository, "main", { from: next, to: start });
    await expect(checkedOut).rejects.toMatchObject({ code: "BRANCH_CHECKED_OUT" });
  });

  test("brings a run into the checked out base, unless a change of the user is in the way", async () => {
    const place = await setting();
    const tip = await runThatWrote(place, "a.txt", "of the run\n");
    const merge = () => mergeRunIntoBase(place.repository, { run: "R1", store: "S", base: "main" });
    put(place.checkout, { "a.txt": "not committed\n" });
    await expect(merge()).rejects.toMatchObject({ code: "CHECKOUT_IN_THE_WAY" });
    expect(readFileSync(join(place.checkout, "a.txt"), "utf8")).toBe("not committed\n");
    expect(git(place.checkout, "rev-parse", "main")).toBe(place.start);
    put(place.checkout, { "a.txt": "one\n" });
    expect(await merge()).toEqual({ kind: "fast_forward", commit: tip });
    expect(git(place.checkout, "status", "--porcelain")).toBe("");
    expect(await merge()).toEqual({ kind: "already", commit: tip });
  });
});

test("a branch of this run is found as it was left; one of somebody else is refused", async () => {
  const { repository, checkout, start } = await setting();
  await createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start);
  expect(await createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start)).toBe(start);
  const ofAnotherStore = createBranch(repository, "pawl/R1", { run: "R1", store: "other" }, start);
  await expect(ofAnotherStore).rejects.toMatchObject({ code: "BRANCH_EXISTS" });
  git(checkout, "branch", "pawl/R2");
  const taken = createBranch(repository, "pawl/R2", { run: "R2", store: "S" }, start);
  await expect(taken).rejects.toMatchObject({ code: "BRANCH_EXISTS" });
});

describe("a branch of which commits are recorded", () => {
  const maker = { run: "R1", store: "S" };

  async function recorded() {
    const { repository, checkout, start } = await setting();
    await createBranch(repository, "pawl/R1", maker, start);
    const commit = commitAll(checkout, { b: "" }, "recorded");
    await advanceBranch(repository, "pawl/R1", { from: start, to: commit });
    return { checkout, commit, start, again: () => createBranch(repository, "pawl/R1", maker, start, commit) };
  }

  test("is made again at the last of them where somebody deleted it", async () => {
    const { checkout, commit, again } = await recorded();
    git(checkout, "branch", "-q", "-D", "pawl/R1");
    expect(await again()).toBe(commit);
    expect(git(checkout, "rev-parse", "pawl/R1")).toBe(commit);
  });

  test("is refused where somebody moved it away from them", async () => {
    const { checkout, commit, start, again } = await recorded();
    git(checkout, "branch", "-q", "-f", "pawl/R1", start);
    await expect(again()).rejects.toMatchObject({
      code: "BRANCH_MOVED",
      values: { branch: "pawl/R1", expected: commit, found: start },
    });
  });

  test.each([
    ["emptied", ["reflog", "expire", "--expire=now", "--all"]],
    ["cut off", ["reflog", "delete", "pawl/R1@{1}"]],
  ] as const)("is known by them where its log was %s", async (_, expire) => {
    const { checkout, commit, again } = await recorded();
    git(checkout, ...expire);
    expect(git(checkout, "log", "--walk-reflogs", "--format=%gs", "pawl/R1", "--")).not.toContain("R1");
    expect(await again()).toBe(commit);
    git(checkout, "branch", "-q", "-f", "pawl/R1", `${commit}^`);
    git(checkout, ...expire);
    await expect(again()).rejects.toMatchObject({ code: "BRANCH_EXISTS" });
  });
});

test("the name of a run is taken by each branch of it but the one that this store left at the start", async () => {
  const { repository, checkout, start } = await setting();
  const maker = { run: "R1", store: "S" };
  const taking = (of = maker, at = start) => branchTakingName(repository, of, at);
  expect(await taking()).toBeNull();
  await createBranch(repository, "pawl/R1", maker, start);
  expect(await taking()).toBeNull();
  expect(await taking({ run: "R1", store: "other" })).toEqual({ branch: "pawl/R1", commit: start });
  const moved = commitAll(checkout, { "a.txt": "moved\n" }, "moved");
  expect(await taking(maker, moved)).toEqual({ branch: "pawl/R1", commit: start });
  await createBranch(repository, "pawl-work/R1/w", maker, start);
  expect(await taking()).toEqual({ branch: "pawl-work/R1/w", commit: start });
});
