import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  advanceBranch,
  branchTakingName,
  createBranch,
  referencesBelow,
  runBranch,
  workstreamBranch,
} from "../../../src/pipeline/git/index.ts";
import { commitAll, git, setting } from "./setting.fixture.ts";

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

test("a branch of this run is known where the user wants no log of branches", async () => {
  const { repository, checkout, start } = await setting();
  const maker = { run: "R1", store: "S" };
  git(checkout, "config", "core.logAllRefUpdates", "false");
  await createBranch(repository, "pawl/R1", maker, start);
  const to = commitAll(checkout, { b: "" }, "later");
  await advanceBranch(repository, "pawl/R1", { from: start, to });
  expect(await createBranch(repository, "pawl/R1", maker, start)).toBe(to);
});

test("a branch whose log says nothing is of this run only where the run begins", async () => {
  const { repository, checkout, start } = await setting();
  const maker = { run: "R1", store: "S" };
  await createBranch(repository, "pawl/R1", maker, start);
  git(checkout, "reflog", "expire", "--expire=now", "--all");
  expect(await createBranch(repository, "pawl/R1", maker, start)).toBe(start);
  const later = commitAll(checkout, { b: "" }, "later");
  await expect(createBranch(repository, "pawl/R1", maker, later)).rejects.toMatchObject({ code: "BRANCH_EXISTS" });
});

test("any id makes a branch that git takes, and no two the same one", () => {
  const ids = [
    "a",
    ".a",
    "a.",
    "a..b",
    "a...b",
    "a.b",
    "a.lock",
    "a.lockb",
    "-a",
    "a~1",
    "a^",
    "a:b",
    "a b",
    "a*",
    "a/b",
  ];
  ids.push("a%2Fb", "a@{0}", "@", "a\\b", "a[b", "a?", "größe", "a'b", "a!");
  const branches = ids.flatMap((id) => [runBranch(id), workstreamBranch("R1", id), workstreamBranch(id, "w")]);
  for (const branch of branches) {
    expect(git(".", "check-ref-format", "--branch", branch)).toBe(branch);
  }
  expect(new Set(branches).size).toBe(3 * ids.length);
  expect(runBranch("-a").slice("pawl/".length)).toBe("%2Da");
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

test("a branch is listed once, with the folder that has it checked out, be there line breaks in its name", async () => {
  const { repository, checkout, start } = await setting();
  const folder = join(dirname(checkout), "two\nrefs/heads/pawl/none");
  git(checkout, "worktree", "add", "-q", "-b", "pawl/a", folder);
  git(checkout, "branch", "pawl/b");
  expect(await referencesBelow(repository, "refs/heads/pawl/")).toEqual([
    { name: "refs/heads/pawl/a", commit: start, checkout: folder },
    { name: "refs/heads/pawl/b", commit: start, checkout: null },
  ]);
});
