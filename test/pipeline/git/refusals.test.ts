import { mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import { capturePatch, createBranch, mergeRunIntoBase, openRepository } from "../../../src/pipeline/git/index.ts";
import { runGit } from "../../../src/pipeline/git/process.ts";
import { checkoutWith, commitAll, git, put, setting, temporaryFolder } from "./setting.fixture.ts";

const opened = (folder: string) => openRepository(folder, { clock: systemClock });

/** A checkout of one commit in a folder of this name, with another folder, `below`. */
function checkoutCalled(name: string): string {
  const checkout = join(temporaryFolder(), name);
  mkdirSync(join(checkout, "below"), { recursive: true });
  git(checkout, "init", "-q", "-b", "main");
  git(checkout, "config", "user.name", "Ann");
  git(checkout, "config", "user.email", "ann@example.com");
  commitAll(checkout, { a: "" }, "start");
  return checkout;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a folder is not opened", () => {
  test("that is no repository, or git's own folder of one", async () => {
    await expect(opened(temporaryFolder())).rejects.toMatchObject({ code: "NOT_A_REPOSITORY" });
    const inside = opened(join(checkoutWith({ a: "" }), ".git"));
    await expect(inside).rejects.toMatchObject({ code: "NOT_A_REPOSITORY" });
  });

  test("of which git says something else, and that is told", async () => {
    const checkout = checkoutWith({ a: "" });
    const linked = join(dirname(checkout), "linked");
    git(checkout, "worktree", "add", "-q", "--detach", linked);
    git(checkout, "config", "core.excludesFile", "~nobody-of-this-name/x");
    const said = (detail: string) => ({ code: "GIT_FAILED", values: { detail: expect.stringContaining(detail) } });
    await expect(opened(checkout)).rejects.toMatchObject(said("nobody-of-this-name"));
    renameSync(checkout, `${checkout}-moved`);
    await expect(opened(linked)).rejects.toMatchObject(said(join(checkout, ".git/worktrees/linked")));
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

describe("a filter that the configuration requires and that is not there is named, with what to do", () => {
  test.each([
    ["a command for each file", "clean", "lfs"],
    ["one for all files", "process", /lfs|git-lfs-gone/],
  ])("as %s, when the repository is opened", async (_, kind, filter) => {
    const checkout = checkoutWith({ ".gitattributes": "*.bin filter=lfs\n", "a.bin": "1\n" });
    git(checkout, "config", "filter.lfs.required", "true");
    git(checkout, "config", `filter.lfs.${kind}`, "git-lfs-gone --serve");
    put(checkout, { "a.bin": "2\n" });
    await expect(opened(checkout)).rejects.toMatchObject({
      code: "GIT_FILTER_FAILED",
      values: {
        command: "status",
        filter: expect.stringMatching(filter),
        detail: expect.stringContaining("git-lfs-gone"),
      },
      fix: expect.stringContaining("pawl resume"),
    });
  });

  test("when a worktree is made, or what changed there is gathered", async () => {
    const { pool, start, checkout } = await setting({ ".gitattributes": "*.bin filter=lfs\n", "a.bin": "1\n" });
    const worktree = await pool.acquire(start);
    put(worktree.folder, { "a.bin": "2\n" });
    git(checkout, "config", "filter.lfs.required", "true");
    git(checkout, "config", "filter.lfs.clean", "git-lfs-gone clean");
    git(checkout, "config", "filter.lfs.smudge", "git-lfs-gone smudge");
    await expect(capturePatch(worktree, start)).rejects.toMatchObject({
      code: "GIT_FILTER_FAILED",
      values: { command: "add", filter: "lfs" },
    });
    await expect(pool.acquire(start)).rejects.toMatchObject({
      code: "GIT_FILTER_FAILED",
      values: { command: "checkout", filter: "lfs" },
    });
  });

  test("when a checkout of the base is to follow", async () => {
    const { repository, start, checkout } = await setting({ ".gitattributes": "*.bin filter=lfs\n" });
    git(checkout, "switch", "-q", "-c", "pawl/R1");
    commitAll(checkout, { "a.bin": "1\n" }, "of the run");
    git(checkout, "switch", "-q", "main");
    git(checkout, "config", "filter.lfs.required", "true");
    git(checkout, "config", "filter.lfs.smudge", "git-lfs-gone smudge");
    const merge = mergeRunIntoBase(repository, { run: "R1", store: "S", base: "main" });
    await expect(merge).rejects.toMatchObject({
      code: "GIT_FILTER_FAILED",
      values: { command: "merge", filter: "lfs" },
    });
    expect(git(checkout, "rev-parse", "main")).toBe(start);
  });
});

describe("git that did not end as it should", () => {
  const ended = {
    kind: "ended",
    exit: 0,
    signal: null,
    stdout: Buffer.from("x"),
    stderr: "",
    isTooLarge: false,
  } as const;
  const call = { cwd: "/", args: ["--no-pager", "log"] };

  test("is told with what was asked of it, whatever it printed", async () => {
    const log = { command: "log" };
    await expect(runGit(call, async () => ({ ...ended, isTooLarge: true }))).rejects.toMatchObject({
      code: "GIT_OUTPUT_TOO_LARGE",
      values: log,
    });
    await expect(runGit(call, async () => ({ ...ended, exit: 1 }))).rejects.toMatchObject({
      code: "GIT_FAILED",
      values: { ...log, folder: "/", exit: 1, detail: "it said nothing" },
    });
    await expect(runGit(call, async () => ({ ...ended, exit: null, signal: "SIGKILL" }))).rejects.toMatchObject({
      values: { ...log, exit: "SIGKILL" },
    });
    expect((await runGit({ ...call, answers: [1] }, async () => ({ ...ended, exit: 1 }))).exit).toBe(1);
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

test("a folder with line breaks in its path is opened where it is, from below and from a linked worktree too", async () => {
  const checkout = checkoutCalled("two\nlines");
  const linked = join(dirname(checkout), "also\ntwo");
  git(checkout, "worktree", "add", "-q", "--detach", linked);
  const { root, gitDir } = await opened(join(checkout, "below"));
  expect([root, gitDir]).toEqual([checkout, join(checkout, ".git")]);
  expect(await opened(linked)).toMatchObject({ root: linked, commonDir: join(checkout, ".git") });
});

describe("settings of the environment", () => {
  const settings: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["as variables", { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "safe.directory", GIT_CONFIG_VALUE_0: "*" }],
    ["as git -c passes them on", { GIT_CONFIG_PARAMETERS: "'safe.directory'='*'" }],
  ];

  test.each(settings)("say whom git trusts: %s", async (_, variables) => {
    const checkout = checkoutCalled("it's here");
    // How git's own tests make a repository one of somebody else.
    const program = join(temporaryFolder(), "git");
    put(dirname(program), {
      git: { program: `#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 PATH='${process.env["PATH"]}' exec git "$@"\n` },
    });
    vi.stubEnv("PATH", `${dirname(program)}:${process.env["PATH"]}`);
    vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
    await expect(opened(join(checkout, "below"))).rejects.toMatchObject({
      code: "REPOSITORY_NOT_TRUSTED",
      values: { folder: checkout },
      fix: expect.stringContaining(`safe.directory '${checkout.replace("'", "'\\''")}'`),
    });
    for (const [name, value] of Object.entries(variables)) {
      vi.stubEnv(name, value);
    }
    expect((await opened(checkout)).root).toBe(checkout);
  });

  test.each([
    ["as variables", { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.hooksPath", GIT_CONFIG_VALUE_0: "/theirs" }],
    ["as git -c passes them on", { GIT_CONFIG_PARAMETERS: "'core.hooksPath'='/theirs'" }],
  ])("do not outweigh Pawl's own: %s", async (_, variables) => {
    const { repository } = await setting();
    for (const [name, value] of Object.entries(variables)) {
      vi.stubEnv(name, value);
    }
    const { stdout } = await repository.git(["config", "--get", "core.hooksPath"]);
    expect(stdout.toString().trim()).toBe("/dev/null");
  });
});

test("a branch called pawl stands in the way of those below it, and one below a run in that of the run", async () => {
  const { repository, checkout, start } = await setting();
  git(checkout, "branch", "pawl");
  await expect(createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start)).rejects.toMatchObject({
    code: "BRANCH_EXISTS",
    message: expect.stringContaining("pawl exists already"),
  });
  git(checkout, "branch", "-q", "-m", "pawl", "pawl/R1/mine");
  await expect(createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start)).rejects.toMatchObject({
    code: "BRANCH_EXISTS",
    message: expect.stringContaining("pawl/R1/mine exists already"),
  });
});

test("a branch that git cannot make is not said to have another one of Pawl's in its way", async () => {
  const { repository, checkout, start } = await setting();
  await createBranch(repository, "pawl/R1", { run: "R1", store: "S" }, start);
  put(checkout, { ".git/logs/refs/heads/pawl/R2/x": "" });
  await expect(createBranch(repository, "pawl/R2", { run: "R2", store: "S" }, start)).rejects.toMatchObject({
    code: "GIT_FAILED",
    message: expect.stringContaining("logs/refs/heads/pawl/R2"),
  });
});

describe("a run is not merged", () => {
  test("into what is no branch, or when its own branch is gone", async () => {
    const { repository, checkout } = await setting();
    git(checkout, "tag", "v1");
    const into = (base: string) => mergeRunIntoBase(repository, { run: "R1", store: "S", base });
    await expect(into("main")).rejects.toMatchObject({
      code: "RUN_BRANCH_MISSING",
      fix: expect.stringContaining('git log --grep "Pawl-Run: R1"'),
    });
    git(checkout, "branch", "pawl/R1");
    await expect(into("v1")).rejects.toMatchObject({
      code: "MERGE_NEEDS_BRANCH",
      fix: expect.stringContaining("--into BRANCH"),
    });
  });

  test("when a run of the same name in another store made its branch", async () => {
    const { repository, checkout, start } = await setting();
    await createBranch(repository, "pawl/R1", { run: "R1", store: "other" }, start);
    const merge = (store: string) => mergeRunIntoBase(repository, { run: "R1", store, base: "main" });
    const before = git(checkout, "rev-parse", "main");
    await expect(merge("S")).rejects.toMatchObject({ code: "BRANCH_OF_ANOTHER_RUN" });
    expect(git(checkout, "rev-parse", "main")).toBe(before);
    expect(await merge("other")).toMatchObject({ commit: before });
  });

  test("into a branch whose history was written anew from its first commit on", async () => {
    const { repository, checkout } = await setting();
    git(checkout, "branch", "pawl/R1");
    git(checkout, "commit", "-q", "--amend", "-m", "anew");
    const anew = git(checkout, "rev-parse", "main");
    await expect(mergeRunIntoBase(repository, { run: "R1", store: "S", base: "main" })).rejects.toMatchObject({
      code: "MERGE_UNRELATED",
      message: expect.stringMatching(/^pawl\/R1 does not merge into main: /),
      fix: expect.stringContaining('--grep "Pawl-Run: R1" pawl/R1'),
    });
    expect(git(checkout, "rev-parse", "main")).toBe(anew);
  });

  test("over a conflict; without one both sides are kept, and no commit is made a second time", async () => {
    const { repository, checkout, start } = await setting();
    git(checkout, "switch", "-q", "-c", "pawl/R1");
    commitAll(checkout, { "a.txt": "of the run\n" }, "run");
    git(checkout, "switch", "-q", "-c", "clash", start);
    const clash = commitAll(checkout, { "a.txt": "of the user\n" }, "user");
    await expect(mergeRunIntoBase(repository, { run: "R1", store: "S", base: "clash" })).rejects.toMatchObject({
      code: "MERGE_CONFLICT",
      message: "pawl/R1 does not merge into clash: 1 conflict, in a.txt",
    });
    expect(git(checkout, "rev-parse", "clash")).toBe(clash);
    git(checkout, "switch", "-q", "main");
    commitAll(checkout, { "b.txt": "b\n" }, "user");
    const merged = await mergeRunIntoBase(repository, { run: "R1", store: "S", base: "main" });
    expect(merged.kind).toBe("merge");
    expect(git(checkout, "show", "HEAD:a.txt", "HEAD:b.txt")).toBe("of the run\nb");
    expect(await mergeRunIntoBase(repository, { run: "R1", store: "S", base: "main" })).toEqual({
      ...merged,
      kind: "already",
    });
  });
});
