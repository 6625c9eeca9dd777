import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { createBranch } from "../../../src/pipeline/git/index.ts";
import { RunBranches } from "../../../src/pipeline/run/branches.ts";
import { mergeToCheck, publishMerge } from "../../../src/pipeline/run/effects/merge.ts";
import { commitVerified } from "../../../src/pipeline/run/effects/patch.ts";
import type { AppliedPatch } from "../../../src/pipeline/run/patch-tree.ts";
import type { PlanIndex } from "../../../src/pipeline/run/plan-index.ts";
import { markMerge } from "../../../src/pipeline/run/prepared-merge.ts";
import type { RunSite } from "../../../src/pipeline/run/site.ts";
import { planOf } from "../../cli/pawl.fixture.ts";
import { commitAll, git, put, type Setting, setting, temporaryFolder } from "../git/setting.fixture.ts";
import { maker, nothingRecorded } from "./branches.fixture.ts";
import { once } from "./crash/crash-run.ts";

const program = fileURLToPath(new URL("../../../dist/bin/pawl.js", import.meta.url));

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
  const branches = new RunBranches(repository, maker, start, nothingRecorded);
  await branches.runTip();
  await markMerge(repository, "r", "w~m1", { into: start, commit });
  const site = { run: "r", services: { repository }, branches } as unknown as RunSite;
  const input = { run_id: "r", ws_id: "w", merge_id: "w~m1" };
  await expect(publishMerge(site, input, firesWhileMoving(found))).rejects.toThrow();
  expect(git(checkout, "rev-parse", "pawl/r")).toBe(start);
  expect(await branches.runTip()).toBe(start);
});

test("a merge that an earlier process prepared is prepared again for its gates where nothing tells of it any more", async () => {
  const { repository, start, checkout } = await setting();
  const branches = new RunBranches(repository, maker, start, nothingRecorded);
  const commit = commitAll(checkout, { "b.txt": "b\n" }, "to be merged");
  vi.spyOn(branches, "tip").mockResolvedValue(commit);
  const site = { run: "r", services: { repository }, branches } as unknown as RunSite;
  const input = { run_id: "r", ws_id: "w", merge_id: "w~m1" };
  await expect(publishMerge(site, input, new AbortController().signal)).rejects.toThrow("w~m1, which its gates");
  const merge = await mergeToCheck(site, input);
  expect(git(checkout, "log", "-1", "--format=%P", merge)).toBe(`${start} ${commit}`);
  expect(await mergeToCheck(site, input)).toBe(merge);
  await publishMerge(site, input, new AbortController().signal);
  expect(git(checkout, "rev-parse", "pawl/r")).toBe(merge);
});

test.each([
  { hasEndedUncommitted: true, stays: 1 },
  { hasEndedUncommitted: false, stays: 2 },
])(
  "a commit that a killed process made and could not record stays only where its patch was not dropped ($hasEndedUncommitted)",
  async ({ hasEndedUncommitted, stays }) => {
    const { repository, start, checkout } = await setting();
    await createBranch(repository, "pawl-work/r/w", maker, start);
    const trailers = (patch: string): string => `x\n\nPawl-Run: r\nPawl-Ledger: ${patch}`;
    commitAll(checkout, { "a1.txt": "a\n" }, trailers("w.a~p1"));
    const last = commitAll(checkout, { "b1.txt": "b\n" }, trailers("w.b~p1"));
    git(checkout, "update-ref", "refs/heads/pawl-work/r/w", last);
    const index = { workstream: () => ({ id: "w", dependsOn: [] }) } as unknown as PlanIndex;
    const found = {
      ...nothingRecorded,
      index,
      hasEndedUncommitted: (ledger: string) => hasEndedUncommitted && ledger === "w.b~p1",
    };
    const tip = await new RunBranches(repository, maker, start, found).tip("w");
    expect(git(checkout, "rev-list", "--count", `${start}..pawl-work/r/w`)).toBe(String(stays));
    expect(git(checkout, "rev-parse", "pawl-work/r/w")).toBe(tip);
  },
);

test.each([
  { ended: ["w"], isMerged: false },
  { ended: ["other"], isMerged: true },
])(
  "a merge that a killed process made and could not record stays where not its workstream but $ended was ended",
  async ({ ended, isMerged }) => {
    const { repository, start, checkout } = await setting();
    await new RunBranches(repository, maker, start, nothingRecorded).runTip();
    const earlier = commitAll(checkout, { "a1.txt": "a\n" }, "merge of other");
    const commit = commitAll(checkout, { "b1.txt": "b\n" }, "merge of w");
    await markMerge(repository, "r", "other~m1", { into: start, commit: earlier });
    await markMerge(repository, "r", "w~m2", { into: earlier, commit });
    git(checkout, "update-ref", "refs/heads/pawl/r", commit);
    const found = { ...nothingRecorded, endedUnmerged: () => new Set(ended) };
    const tip = await new RunBranches(repository, maker, start, found).runTip();
    expect(tip).toBe(isMerged ? commit : earlier);
    expect(git(checkout, "rev-parse", "pawl/r")).toBe(tip);
  },
);

test("a workstream that is failed after a crash between its merge and the record of it is not in the run's branch", () => {
  const folder = temporaryFolder();
  const repository = join(folder, "repository");
  put(folder, { "repository/plan.yaml": planOf(["{ id: a, run: 'echo a > a.txt' }"]) });
  git(repository, "init", "-q", "-b", "main");
  git(repository, "config", "user.name", "Ann");
  git(repository, "config", "user.email", "ann@example.com");
  const start = commitAll(repository, {}, "start");
  // The task, three steps of its patch, the making of the merge, and the moving of the branch.
  expect(once(folder, { point: "effect.end", nth: 6 })).toBeNull();
  expect(git(repository, "rev-parse", "pawl/p-1")).not.toBe(start);
  const reason = ["--operator", "ines", "--reason", "not this"];
  const { stderr } = spawnSync(process.execPath, [program, "override", "fail-workstream", "w", ...reason], {
    cwd: repository,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(git(repository, "rev-parse", "pawl/p-1")).toBe(start);
  // What the workstream had is still there to look at.
  expect(git(repository, "show", "pawl-work/p-1/w:a.txt")).toBe("a");
});
