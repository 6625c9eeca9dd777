import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import { createBranch, mergeRunIntoBase, openRepository, resolveBase } from "../../../src/pipeline/git/index.ts";
import { checkoutWith, commitAll, git, put, setting, temporaryFolder } from "./setting.fixture.ts";

const opened = (folder: string) => openRepository(folder, { clock: systemClock });

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a folder is not opened", () => {
  test("that is no repository, or git's own folder of one", async () => {
    await expect(opened(temporaryFolder())).rejects.toMatchObject({ code: "NOT_A_REPOSITORY" });
    const inside = opened(join(checkoutWith({ a: "" }), ".git"));
    await expect(inside).rejects.toMatchObject({ code: "NOT_A_REPOSITORY" });
  });

  test("that has no commits, is bare, or is shallow", async () => {
    const folder = temporaryFolder();
    git(folder, "init", "-q", "empty");
    await expect(opened(join(folder, "empty"))).rejects.toMatchObject({ code: "REPOSITORY_EMPTY" });
    git(folder, "init", "-q", "--bare", "bare");
    await expect(opened(join(folder, "bare"))).rejects.toMatchObject({ code: "REPOSITORY_BARE" });
    const whole = checkoutWith({ a: "" });
    commitAll(whole, { a: "x" }, "second");
    git(folder, "clone", "-q", "--depth", "1", `file://${whole}`, "shallow");
    await expect(opened(join(folder, "shallow"))).rejects.toMatchObject({ code: "REPOSITORY_SHALLOW" });
  });

  test("without git, or with one that is too old", async () => {
    const checkout = checkoutWith({ a: "" });
    const bin = temporaryFolder();
    vi.stubEnv("PATH", bin);
    await expect(opened(checkout)).rejects.toMatchObject({ code: "GIT_MISSING" });
    put(bin, { git: { program: "#!/bin/sh\necho git version 2.37.9\n" } });
    await expect(opened(checkout)).rejects.toMatchObject({
      code: "GIT_TOO_OLD",
      message: expect.stringMatching("2.37.9"),
    });
  });
});

test("git's own variables, as a hook has them, do not lead to another repository", async () => {
  const other = checkoutWith({ other: "" });
  const checkout = checkoutWith({ a: "" });
  vi.stubEnv("GIT_DIR", join(other, ".git"));
  vi.stubEnv("GIT_WORK_TREE", other);
  vi.stubEnv("GIT_INDEX_FILE", join(other, ".git/index"));
  expect((await opened(checkout)).root).toBe(checkout);
});

describe("a base", () => {
  test("is a branch, a tag or a commit", async () => {
    const { repository, checkout, start } = await setting();
    git(checkout, "tag", "-a", "-m", "v1", "v1");
    for (const base of ["main", "v1", start, start.slice(0, 8), "HEAD"]) {
      expect(await resolveBase(repository, base)).toBe(start);
    }
  });

  test("that is unknown is refused with the nearest names", async () => {
    const { repository, checkout } = await setting();
    git(checkout, "branch", "release");
    await expect(resolveBase(repository, "mian")).rejects.toMatchObject({
      code: "BASE_UNKNOWN",
      fix: expect.stringContaining("main, release"),
    });
  });

  test.each(["", "-x", "--all", "main\nx", "HEAD^{tree}", "main:a.txt", "x".repeat(10_000)])(
    "is no trick: %j",
    async (base) => {
      const { repository } = await setting();
      await expect(resolveBase(repository, base)).rejects.toMatchObject({ code: "BASE_UNKNOWN" });
      expect(await resolveBase(repository, "main")).toMatch(/^[0-9a-f]{40}$/);
    },
  );

  test("with a submodule is refused", async () => {
    const { repository, checkout, start } = await setting();
    git(checkout, "update-index", "--add", "--cacheinfo", `160000,${start},lib`);
    git(checkout, "commit", "-q", "-m", "with a submodule");
    await expect(resolveBase(repository, "main")).rejects.toMatchObject({ code: "REPOSITORY_HAS_SUBMODULES" });
  });
});

test("a branch called pawl stands in the way of those below it", async () => {
  const { repository, checkout, start } = await setting();
  git(checkout, "branch", "pawl");
  await expect(createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start)).rejects.toMatchObject({
    code: "BRANCH_EXISTS",
    message: expect.stringContaining("pawl exists already"),
  });
});

describe("a run is not merged", () => {
  test("into what is no branch, or when its own branch is gone", async () => {
    const { repository, checkout } = await setting();
    git(checkout, "tag", "v1");
    const into = (base: string) => mergeRunIntoBase(repository, { run: "R1", base });
    await expect(into("main")).rejects.toMatchObject({ code: "BRANCH_MOVED" });
    git(checkout, "branch", "pawl/R1");
    await expect(into("v1")).rejects.toMatchObject({ code: "MERGE_NEEDS_BRANCH" });
  });

  test("over a conflict; without one both sides are kept, and no commit is made a second time", async () => {
    const { repository, checkout, start } = await setting();
    git(checkout, "switch", "-q", "-c", "pawl/R1");
    commitAll(checkout, { "a.txt": "of the run\n" }, "run");
    git(checkout, "switch", "-q", "-c", "clash", start);
    const clash = commitAll(checkout, { "a.txt": "of the user\n" }, "user");
    await expect(mergeRunIntoBase(repository, { run: "R1", base: "clash" })).rejects.toMatchObject({
      code: "MERGE_CONFLICT",
      message: expect.stringContaining("1 conflicts, in a.txt"),
    });
    expect(git(checkout, "rev-parse", "clash")).toBe(clash);
    git(checkout, "switch", "-q", "main");
    commitAll(checkout, { "b.txt": "b\n" }, "user");
    const merged = await mergeRunIntoBase(repository, { run: "R1", base: "main" });
    expect(merged.kind).toBe("merge");
    expect(git(checkout, "show", "HEAD:a.txt", "HEAD:b.txt")).toBe("of the run\nb");
    expect(await mergeRunIntoBase(repository, { run: "R1", base: "main" })).toEqual({ ...merged, kind: "already" });
  });
});
