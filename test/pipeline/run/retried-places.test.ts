import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createRedactor } from "../../../src/base/secrets.ts";
import { systemClock } from "../../../src/base/time.ts";
import { Admission } from "../../../src/pipeline/run/admission.ts";
import { RunBranches } from "../../../src/pipeline/run/branches.ts";
import { applyToWorktree } from "../../../src/pipeline/run/effects/patch.ts";
import { DoesNotApply } from "../../../src/pipeline/run/patch-tree.ts";
import type { PlanIndex } from "../../../src/pipeline/run/plan-index.ts";
import { RunSite, type SiteServices } from "../../../src/pipeline/run/site.ts";
import { Worktrees } from "../../../src/pipeline/run/worktrees.ts";
import { git, setting, temporaryFolder } from "../git/setting.fixture.ts";
import { maker, nothingRecorded } from "./branches.fixture.ts";

const never = new AbortController().signal;

test("a branch that could not be made is made when it is asked for again", async () => {
  const { repository, checkout, start } = await setting();
  git(checkout, "branch", "pawl");
  const branches = new RunBranches(repository, maker, start, {
    ...nothingRecorded,
    index: { workstream: () => ({ id: "w", dependsOn: ["v"] }) } as unknown as PlanIndex,
  });
  await expect(branches.runTip()).rejects.toMatchObject({ code: "BRANCH_EXISTS" });
  await expect(branches.tip("w")).rejects.toMatchObject({ code: "BRANCH_EXISTS" });
  git(checkout, "branch", "-D", "pawl");
  expect([await branches.runTip(), await branches.tip("w")]).toEqual([start, start]);
});

test("worktrees whose folder could not be made are made once it can be", async () => {
  const { repository, start } = await setting();
  const folder = join(temporaryFolder(), "worktrees");
  writeFileSync(folder, "in the way");
  const worktrees = new Worktrees(repository, folder, vi.fn());
  await expect(worktrees.acquire(start, null, never)).rejects.toMatchObject({ code: "ENOTDIR" });
  rmSync(folder);
  expect((await worktrees.acquire(start, null, never)).name).toBe("w1");
});

test("a worktree whose setup failed serves the next one, which sets it up", async () => {
  const { repository, start } = await setting();
  const setUp = vi.fn().mockRejectedValueOnce(new Error("no network")).mockResolvedValue(undefined);
  const worktrees = new Worktrees(repository, join(temporaryFolder(), "worktrees"), setUp);
  const command = { kind: "shell", text: "npm ci" } as const;
  await expect(worktrees.acquire(start, command, never)).rejects.toMatchObject({
    code: "SETUP_FAILED",
    values: { detail: "no network" },
  });
  const worktree = await worktrees.acquire(start, command, never);
  expect([worktree.name, setUp.mock.calls.length]).toEqual(["w1", 2]);
  worktrees.release(worktree);
  expect((await worktrees.acquire(start, command, never)).name).toBe("w1");
  expect(setUp.mock.calls.length).toBe(2);
});

test("a merge whose tree could not be made has one when its gates are begun again", async () => {
  const { repository, start } = await setting();
  const site = new RunSite(
    {
      clock: systemClock,
      repository,
      storeId: "s",
      admission: new Admission(),
      worktreesFolder: join(temporaryFolder(), "worktrees"),
    } as unknown as SiteServices,
    {
      index: { workstream: () => ({ setup: null }) } as unknown as PlanIndex,
      branches: new RunBranches(repository, maker, start, nothingRecorded),
      secrets: createRedactor(new Map()),
      runner: {} as RunSite["runner"],
      workers: {} as RunSite["workers"],
    },
  );
  const merge = vi.fn().mockRejectedValueOnce(new Error("no space left")).mockResolvedValue(start);
  const commit = (): Promise<unknown> => site.inMergeTree("w", merge, never, async (worktree) => worktree.commit);
  await expect(commit()).rejects.toThrow("no space left");
  expect([await commit(), await commit()]).toEqual([start, start]);
  expect(merge).toHaveBeenCalledTimes(2);
});

test("a patch that does not fit is an outcome, and a fault of git is none", async () => {
  const applied = (error: unknown, kind: "patch" | "run" = "patch") => {
    const index = { task: () => ({ task: { kind } }) };
    const site = { index, patchTree: () => ({ with: () => Promise.reject(error) }) } as unknown as RunSite;
    const input = { run_id: "r", ws_id: "w", task_id: "w.a", patch_id: "w.a~p1", attempt: 1 };
    return applyToWorktree(site, input, never);
  };
  expect(await applied(new DoesNotApply("a.txt is another"))).toEqual({ applied: false, reason: "a.txt is another" });
  expect(await applied(new DoesNotApply("a.txt is another"), "run")).toEqual({
    applied: false,
    reason: "what task w.a changed does not fit its workstream: a.txt is another",
  });
  await expect(applied(new Error("no space left"))).rejects.toThrow("no space left");
});
