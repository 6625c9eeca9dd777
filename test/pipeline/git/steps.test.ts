import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import {
  advanceBranch,
  applyPatch,
  capturePatch,
  commitPatch,
  createBranch,
  findCommit,
  mergeRunIntoBase,
  mergeTrees,
  openRepository,
  parsePatch,
} from "../../../src/pipeline/git/index.ts";
import { checkoutWith, commitAll, git, poolOf, put, type Setting, setting } from "./setting.fixture.ts";

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

  test("and a branch that git cannot move is not said to have been moved", async () => {
    const { repository, pool, checkout, start } = await setting();
    await createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start);
    put(checkout, { ".git/logs/refs/heads/pawl/R1": null, ".git/logs/refs/heads/pawl/R1/x": "" });
    const worktree = await pool.acquire(start);
    const commit = commitPatch(repository, worktree, { branch: "pawl/R1", parent: start, message: "m", trailers });
    await expect(commit).rejects.toMatchObject({ code: "GIT_FAILED", message: expect.stringContaining("pawl/R1") });
  });

  test("by whom and when its mail says, by the user now, with what the mail signs it with beside the trailers", async () => {
    const checkout = checkoutWith({ "a.txt": "one\n" });
    const clock = { ...systemClock, now: () => Date.UTC(2025, 0, 2, 3, 4, 5, 678) };
    const repository = await openRepository(checkout, { clock });
    onTestFinished(() => repository.close());
    const start = git(checkout, "rev-parse", "HEAD");
    await createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start);
    const worktree = await (await poolOf(repository)).acquire(start);
    const made = { branch: "pawl/R1", message: "Write it\n\nReviewed: by Ann\nand me\n", trailers };
    const first = await commitPatch(repository, worktree, { ...made, parent: start });
    const author = { name: "Zoë", email: "zoe@x" };
    const date = "Mon, 1 Jan 2024 00:00:00 +0100";
    const message = "Write it\n\nBecause.\n\nSigned-off-by: Zoë <zoe@x>\n";
    await commitPatch(repository, worktree, { ...made, message, parent: first, author, date });
    const told = git(checkout, "log", "-2", "--format=%an|%aI|%cn|%cI|%(trailers:separator=%x2C )", "pawl/R1");
    expect(told.split("\n")).toEqual([
      "Zoë|2024-01-01T00:00:00+01:00|Ann|2025-01-02T03:04:05+00:00|Signed-off-by: Zoë <zoe@x>, Pawl-Run: R1, Pawl-Ledger: L1",
      "Ann|2025-01-02T03:04:05+00:00|Ann|2025-01-02T03:04:05+00:00|Pawl-Run: R1, Pawl-Ledger: L1",
    ]);
  });

  test.each([
    ["file", 128, "error: open(\"dir/a b\"): Permission denied\nerror: unable to index file 'dir/a b'\n"],
    ["folder", 0, "warning: could not open directory 'dir/a b/': Permission denied\n"],
  ])("and not without a %s that cannot be read", async (_, exit, stderr) => {
    const { pool, start } = await setting();
    const worktree = await pool.acquire(start);
    // What git says to a user who is not root.
    vi.spyOn(worktree, "git").mockResolvedValueOnce({ exit, stdout: Buffer.of(), stderr });
    await expect(capturePatch(worktree, start)).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      values: { path: "dir/a b", detail: "Permission denied" },
    });
  });

  test("and is told as a move where a file was moved", async () => {
    const { pool, start } = await setting({ "a.txt": "1\n2\n3\n4\n" });
    const worktree = await pool.acquire(start);
    put((await worktree.lend()).folder, { "a.txt": null, "b.txt": "1\n2\n3\n4\n" });
    const patch = parsePatch((await capturePatch(worktree, start)) ?? Buffer.of(), "p");
    expect(patch).toMatchObject({
      files: [{ status: "renamed", oldPath: "a.txt", newPath: "b.txt" }],
      added: 0,
      removed: 0,
    });
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

test("the reason why a patch does not go in is cut between two characters", async () => {
  const { checkout, pool } = await setting();
  // Where the text is cut depends on what git says before it: one of two neighbours has a character there.
  for (const name of [`a${"🐟".repeat(55)}`, `ab${"🐟".repeat(55)}`]) {
    const deep = `${name}/${name}/${name}/${name}/f.txt`;
    git(checkout, "config", "core.quotePath", "false");
    commitAll(checkout, { [deep]: "one\n" }, "deep");
    put(checkout, { [deep]: "two\n" });
    const patch = parsePatch(Buffer.from(`${git(checkout, "diff")}\n`), "p");
    const worktree = await pool.acquire(commitAll(checkout, { [deep]: "three\n" }, "other"));
    const outcome = await applyPatch(worktree, patch);
    const reason = outcome.applied ? "" : outcome.reason;
    expect([reason.length, reason.isWellFormed()]).toEqual([501, true]);
    pool.release(worktree);
  }
});

test("a patch goes to the lines that it was made of, where the same ones stand elsewhere too", async () => {
  const item = "- item\n  size: 1\n  color: red\n  flag: no\n";
  const { checkout, pool } = await setting({ list: item.repeat(8) });
  put(checkout, { list: item.repeat(4) + item.replace("1", "99") + item.repeat(3) });
  const patch = parsePatch(Buffer.from(`${git(checkout, "diff")}\n`), "p");
  const added = item.replace("item", "new");
  const worktree = await pool.acquire(commitAll(checkout, { list: added + item.repeat(8) }, "one more above"));
  expect(await applyPatch(worktree, patch)).toEqual({ applied: true });
  const { folder } = await worktree.lend();
  expect(readFileSync(join(folder, "list"), "utf8")).toBe(
    added + item.repeat(4) + item.replace("1", "99") + item.repeat(3),
  );
});

test("a file that is there already applies to nothing, another of its name does not apply", async () => {
  const { checkout, pool, start } = await setting();
  put(checkout, { "n.txt": "new\n" });
  git(checkout, "add", "n.txt");
  const patch = parsePatch(Buffer.from(`${git(checkout, "diff", "--cached")}\n`), "p");
  git(checkout, "reset", "--quiet", "--hard", start);
  const same = await pool.acquire(commitAll(checkout, { "n.txt": "new\n" }, "the same"));
  expect(await applyPatch(same, patch)).toMatchObject({ applied: false, reason: expect.stringMatching(/nothing/) });
  const other = await pool.acquire(commitAll(checkout, { "n.txt": "other\n" }, "another"));
  expect(await applyPatch(other, patch)).toMatchObject({
    applied: false,
    reason: expect.stringMatching(/already exists/),
  });
  expect(git((await other.lend()).folder, "status", "--porcelain")).toBe("");
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
