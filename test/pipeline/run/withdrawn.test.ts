import { expect, test, vi } from "vitest";
import { createBranch } from "../../../src/pipeline/git/index.ts";
import { RunBranches } from "../../../src/pipeline/run/branches.ts";
import { publishMerge } from "../../../src/pipeline/run/effects/merge.ts";
import { commitVerified } from "../../../src/pipeline/run/effects/patch.ts";
import type { AppliedPatch } from "../../../src/pipeline/run/patch-tree.ts";
import type { PlanIndex } from "../../../src/pipeline/run/plan-index.ts";
import { markMerge } from "../../../src/pipeline/run/prepared-merge.ts";
import type { RunSite } from "../../../src/pipeline/run/site.ts";
import { commitAll, git, put, type Setting, setting } from "../git/setting.fixture.ts";

const maker = { run: "r", store: "s" };
const mail = { message: "b", author: { name: "Bo", email: "bo@example.com" }, date: null };

/** A signal that fires while a branch is being moved: the branch stands at its new commit by then. */
function firesWhileMoving({ repository }: Setting): AbortSignal {
  const abort = new AbortController();
  const move = repository.moveReference.bind(repository);
  vi.spyOn(repository, "moveReference").mockImplementationOnce(async (...where) => {
    await move(...where);
    abort.abort();
  });
  return abort.signal;
}

test("a patch that is dropped while it is being committed is not left in its workstream's branch", async () => {
  const found = await setting();
  const { repository, pool, start, checkout } = found;
  await createBranch(repository, "pawl-work/r/w", maker, start);
  const worktree = await pool.acquire(start);
  put(worktree.folder, { "b.txt": "b\n" });
  await worktree.git(["add", "--all"]);
  const applied = { worktree, parsed: { mail }, parent: start } as AppliedPatch;
  const moved = vi.fn();
  const site = {
    run: "r",
    services: { repository },
    branches: { moved },
    patchTree: () => ({
      with: (_id: string, _signal: AbortSignal, work: (patch: AppliedPatch) => Promise<string>) => work(applied),
    }),
  } as unknown as RunSite;
  const input = { run_id: "r", ws_id: "w", task_id: "w.a", patch_id: "w.a~p1", attempt: 1 };
  await expect(commitVerified(site, input, 1, firesWhileMoving(found))).rejects.toThrow();
  expect(git(checkout, "rev-parse", "pawl-work/r/w")).toBe(start);
  expect(moved).not.toHaveBeenCalled();
});

test("a workstream that is ended while it is being merged is not left in the run's branch", async () => {
  const found = await setting();
  const { repository, start, checkout } = found;
  const commit = commitAll(checkout, { "b.txt": "b\n" }, "merged");
  const branches = new RunBranches(repository, maker, start, { index: {} as PlanIndex, isDropped: () => false });
  await branches.runTip();
  await markMerge(repository, "r", "w~m1", { into: start, commit });
  const site = { run: "r", services: { repository }, branches } as unknown as RunSite;
  const input = { run_id: "r", ws_id: "w", merge_id: "w~m1" };
  await expect(publishMerge(site, input, firesWhileMoving(found))).rejects.toThrow();
  expect(git(checkout, "rev-parse", "pawl/r")).toBe(start);
  expect(await branches.runTip()).toBe(start);
});

test.each([
  { isDropped: true, stays: 1 },
  { isDropped: false, stays: 2 },
])(
  "a commit that a killed process made and could not record stays only where its patch was not dropped ($isDropped)",
  async ({ isDropped, stays }) => {
    const { repository, start, checkout } = await setting();
    await createBranch(repository, "pawl-work/r/w", maker, start);
    const trailers = (patch: string): string => `x\n\nPawl-Run: r\nPawl-Ledger: ${patch}`;
    commitAll(checkout, { "a1.txt": "a\n" }, trailers("w.a~p1"));
    const last = commitAll(checkout, { "b1.txt": "b\n" }, trailers("w.b~p1"));
    git(checkout, "update-ref", "refs/heads/pawl-work/r/w", last);
    const index = { workstream: () => ({ id: "w", dependsOn: [] }) } as unknown as PlanIndex;
    const about = { index, isDropped: (ledger: string) => isDropped && ledger === "w.b~p1" };
    const tip = await new RunBranches(repository, maker, start, about).tip("w");
    expect(git(checkout, "rev-list", "--count", `${start}..pawl-work/r/w`)).toBe(String(stays));
    expect(git(checkout, "rev-parse", "pawl-work/r/w")).toBe(tip);
  },
);
