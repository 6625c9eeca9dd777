import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import {
  advanceBranch,
  applyPatch,
  capturePatch,
  commitPatch,
  createBranch,
  mergeTrees,
  openRepository,
  parsePatch,
} from "../../../src/pipeline/git/index.ts";
import { checkoutWith, commitAll, git, poolOf, put, setting, temporaryFolder } from "./setting.fixture.ts";

const hooks = [
  "pre-commit",
  "post-commit",
  "post-checkout",
  "post-merge",
  "post-index-change",
  "reference-transaction",
];

const hashOf = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

/** Every file below a folder with a hash of what is in it, but for what git adds for branches and worktrees of Pawl. */
function contentsOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    const own = /^\.git\/(objects|worktrees|logs\/refs\/heads\/pawl|refs\/heads\/pawl)/.test(name);
    if (!own && !lstatSync(path).isDirectory()) {
      const content = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : readFileSync(path);
      found[name] = hashOf(content);
    }
  }
  return found;
}

/** A change of `a.txt` through all steps from a task to the run's branch. */
async function wholeWay(checkout: string, change: string): Promise<{ patch: string; tip: string }> {
  const repository = await openRepository(checkout, { clock: systemClock });
  const pool = await poolOf(repository);
  const start = repository.head.commit ?? "";
  await createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start);
  await createBranch(repository, "pawl-work/R1/w", { run: "R1", store: "S" }, start);
  const worked = await pool.acquire(start);
  put((await worked.lend()).folder, { "a.txt": change, "new.txt": "new\r\n" });
  const captured = (await capturePatch(worked, start)) ?? Buffer.alloc(0);
  pool.release(worked);
  const applied = await pool.acquire(start);
  expect(await applyPatch(applied, parsePatch(captured, "p"))).toEqual({ applied: true });
  const commit = await commitPatch(repository, applied, {
    branch: "pawl-work/R1/w",
    parent: start,
    message: "Change it",
    trailers: { "Pawl-Run": "R1" },
  });
  const merge = await mergeTrees(repository, { into: start, from: commit, message: "Merge", trailers: {} });
  const tip = merge.merged ? merge.commit : "";
  await advanceBranch(repository, "pawl/R1", { from: start, to: tip });
  repository.close();
  return { patch: captured.toString(), tip };
}

describe("what belongs to the user stays as it is", () => {
  test("checkout, index, branches, stash, configuration and hooks, none of which runs", async () => {
    const checkout = checkoutWith({ "a.txt": "one\n", "b.txt": "b\n", link: { link: "a.txt" } });
    git(checkout, "branch", "feature");
    put(checkout, { "b.txt": "stashed\n" });
    git(checkout, "stash");
    put(checkout, { "b.txt": "staged\n" });
    git(checkout, "add", "b.txt");
    put(checkout, { "b.txt": "and changed again\n", "untracked.txt": "u\n" });
    const program = `#!/bin/sh\necho "$0" >> '${checkout}/hook-ran'\n`;
    put(checkout, Object.fromEntries([...hooks, "watch"].map((hook) => [`.git/hooks/${hook}`, { program }])));
    git(checkout, "config", "core.fsmonitor", ".git/hooks/watch");
    // An index that git would like to refresh.
    utimesSync(join(checkout, "a.txt"), 1e9, 1e9);
    const before = contentsOf(checkout);
    const { tip } = await wholeWay(checkout, "two\n");
    expect(contentsOf(checkout)).toEqual(before);
    expect(git(checkout, "show", "pawl/R1:a.txt")).toBe("two");
    expect(git(checkout, "rev-parse", "pawl/R1")).toBe(tip);
  });
});

test("settings and attributes of the user change nothing in a patch", async () => {
  const files = { "a.txt": "one\r\n\ntwo\n", ".gitattributes": "*.txt diff=upper\n" };
  const plain = await wholeWay(checkoutWith(files), "1\r\n\n");
  const checkout = checkoutWith(files);
  for (const [name, value] of [
    ["core.autocrlf", "true"],
    ["core.safecrlf", "true"],
    ["core.quotePath", "true"],
    ["color.ui", "always"],
    ["diff.external", "false"],
    ["diff.upper.textconv", "tr a-z A-Z <"],
    ["diff.upper.command", "false"],
    ["diff.noprefix", "true"],
    ["diff.mnemonicPrefix", "true"],
    ["diff.renames", "false"],
    ["diff.context", "0"],
    ["diff.suppressBlankEmpty", "true"],
    ["apply.whitespace", "error-all"],
    ["commit.gpgSign", "true"],
    ["gpg.program", "false"],
  ] as const) {
    git(checkout, "config", name, value);
  }
  expect((await wholeWay(checkout, "1\r\n\n")).patch).toBe(plain.patch);
  expect(plain.patch).toContain("-one\r\n+1\r\n \n-two\n");
  // What a three-way merge finds the old file by.
  expect(plain.patch).toMatch(/^index [0-9a-f]{40}\.\.[0-9a-f]{40} 100644$/m);
});

test("a patch in conflict adds nothing to what git remembers of conflicts", async () => {
  const checkout = checkoutWith({ "a.txt": "one\n" });
  git(checkout, "config", "rerere.enabled", "true");
  put(checkout, { "a.txt": "of the patch\n" });
  const patch = git(checkout, "diff", "--full-index");
  const tip = commitAll(checkout, { "a.txt": "of the tip\n" }, "tip");
  const repository = await openRepository(checkout, { clock: systemClock });
  const worktree = await (await poolOf(repository)).acquire(tip);
  const applied = await applyPatch(worktree, parsePatch(Buffer.from(`${patch}\n`), "p"));
  repository.close();
  expect(applied).toMatchObject({ applied: false });
  expect(Object.keys(contentsOf(checkout)).filter((name) => name.startsWith(".git/rr-cache/"))).toEqual([]);
});

test("a folder to which a task led its worktree by a link stays as it is", async () => {
  const { pool, start } = await setting();
  const elsewhere = temporaryFolder();
  put(elsewhere, { "a.txt": "own\n", "notes/n": "own\n" });
  const worktree = await pool.acquire(start);
  const { folder } = await worktree.lend();
  rmSync(folder, { recursive: true });
  symlinkSync(elsewhere, folder);
  await worktree.reset(start);
  expect(contentsOf(folder)).toEqual({ ".git": expect.anything(), "a.txt": hashOf("one\n") });
  expect(contentsOf(elsewhere)).toEqual({ "a.txt": hashOf("own\n"), "notes/n": hashOf("own\n") });
});

test("the line that hides Pawl's folder is put into .git/info/exclude once", async () => {
  const checkout = checkoutWith({ "a.txt": "" });
  put(checkout, { ".git/info/exclude": "mine", ".state [1]/x": "" });
  for (let time = 0; time < 2; time += 1) {
    const repository = await openRepository(checkout, { clock: systemClock });
    await repository.excludeFromGit(".state [1]");
    expect(repository.ownFolders).toEqual([".state [1]"]);
    repository.close();
  }
  expect(readFileSync(join(checkout, ".git/info/exclude"), "utf8")).toBe("mine\n/.state \\[1\\]/\n");
  expect(git(checkout, "status", "--porcelain")).toBe("");
});

test("line ends that git gives files of the user's are no changes, and files in conflict are some", async () => {
  const checkout = checkoutWith({ "a.txt": "one\n" });
  git(checkout, "config", "core.autocrlf", "true");
  put(checkout, { "a.txt": null });
  git(checkout, "checkout", "-q", "a.txt");
  expect(readFileSync(join(checkout, "a.txt"), "utf8")).toBe("one\r\n");
  // Now git reads it again.
  utimesSync(join(checkout, "a.txt"), 1e9, 1e9);
  const notices = async () => (await openRepository(checkout, { clock: systemClock })).notices.map(({ text }) => text);
  expect(await notices()).toEqual([]);
  git(checkout, "switch", "-q", "-c", "left");
  commitAll(checkout, { "a.txt": "left\n" }, "left");
  git(checkout, "switch", "-q", "main");
  commitAll(checkout, { "a.txt": "right\n" }, "right");
  expect(() => git(checkout, "merge", "-q", "left")).toThrow();
  expect(await notices()).toEqual([expect.stringContaining("(1 changed, 0 untracked)")]);
});

test("uncommitted changes and a detached HEAD are said", async () => {
  const checkout = checkoutWith({ "a.txt": "" });
  const clean = await openRepository(checkout, { clock: systemClock });
  commitAll(checkout, { "b.txt": "" }, "second");
  git(checkout, "switch", "-q", "--detach");
  put(checkout, { "a.txt": "changed\n", "u.txt": "" });
  const found = await openRepository(checkout, { clock: systemClock });
  expect(clean.notices).toEqual([]);
  expect(found.notices.map(({ kind }) => kind)).toEqual(["uncommitted_changes", "detached_head"]);
  expect(found.notices[0]?.text).toContain("(1 changed, 1 untracked)");
});
