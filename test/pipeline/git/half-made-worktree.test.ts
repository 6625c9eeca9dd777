import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { advanceBranch, referencesBelow } from "../../../src/pipeline/git/index.ts";
import { commitAll, git, type Setting, setting } from "./setting.fixture.ts";

/** A worktree as git has it for a moment while it makes one; it is done as soon as a look at it has failed. */
async function halfMade(): Promise<Setting & { readonly steps: () => (string | undefined)[] }> {
  const place = await setting();
  const { repository, pool, start } = place;
  const file = join((await pool.acquire(start)).gitDir, "commondir");
  const written = readFileSync(file);
  writeFileSync(file, "");
  const real = repository.git.bind(repository);
  const step = vi.spyOn(repository, "git").mockImplementation(async (...call) => {
    const taken = real(...call);
    await taken.catch(() => writeFileSync(file, written));
    return await taken;
  });
  return { ...place, steps: () => step.mock.calls.map(([args]) => args[0]) };
}

test("a branch is moved while git makes a worktree", async () => {
  const { repository, checkout, start, steps } = await halfMade();
  const next = commitAll(checkout, { b: "" }, "next");
  git(checkout, "update-ref", "refs/heads/work", start);
  await advanceBranch(repository, "work", { from: start, to: next });
  expect(steps()).toEqual(["worktree", "worktree"]);
  expect(git(checkout, "rev-parse", "work")).toBe(next);
});

test("branches are listed while git makes a worktree", async () => {
  const { repository, checkout, start, steps } = await halfMade();
  git(checkout, "update-ref", "refs/heads/pawl/x", start);
  expect(await referencesBelow(repository, "refs/heads/pawl/")).toEqual([
    { name: "refs/heads/pawl/x", commit: start, checkout: null },
  ]);
  expect(steps()).toEqual(["for-each-ref", "for-each-ref"]);
});

test("a worktree is made while git makes another one", async () => {
  const { pool, start, steps } = await halfMade();
  expect((await pool.acquire(start)).name).toBe("w2");
  expect(steps()).toEqual(["worktree", "worktree"]);
});

test("git that fails otherwise is not asked again", async () => {
  const { repository, steps } = await halfMade();
  await expect(referencesBelow(repository, "refs/heads/pawl/", { containedIn: "none" })).rejects.toMatchObject({
    code: "GIT_FAILED",
  });
  expect(steps()).toEqual(["for-each-ref"]);
});
