import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import { type IntoBase, mergeConflict, mergeRunIntoBase, openRepository } from "../../../src/pipeline/git/index.ts";
import { checkoutWith, commitAll, git, put } from "./setting.fixture.ts";

interface Ended {
  readonly checkout: string;
  /** Where the run's branch is. */
  readonly tip: string;
  merge(base?: string): Promise<IntoBase>;
}

/** A run R1 that changed `a.txt` and made `new.txt`; the user is on `main`, where it began. */
async function endedRun(checkout = checkoutWith({ "a.txt": "one\n", "b.txt": "b\n" })): Promise<Ended> {
  git(checkout, "switch", "-q", "-c", "pawl/R1");
  const tip = commitAll(checkout, { "a.txt": "of the run\n", "new.txt": "new\n" }, "run");
  git(checkout, "switch", "-q", "main");
  const repository = await openRepository(checkout, { clock: systemClock });
  onTestFinished(() => repository.close());
  return { checkout, tip, merge: (base = "main") => mergeRunIntoBase(repository, { run: "R1", store: "S", base }) };
}

const at = (checkout: string, name: string): string => git(checkout, "rev-parse", name);
const read = (checkout: string, name: string): string => readFileSync(join(checkout, name), "utf8");

describe("the result of a run comes into the base", () => {
  test("by a fast-forward where the base has not moved, and then is there already", async () => {
    const { checkout, tip, merge } = await endedRun();
    expect(await merge()).toEqual({ kind: "fast_forward", commit: tip });
    expect([at(checkout, "main"), read(checkout, "new.txt")]).toEqual([tip, "new\n"]);
    expect(await merge()).toEqual({ kind: "already", commit: tip });
    const later = commitAll(checkout, { "b.txt": "later\n" }, "later");
    expect(await merge()).toEqual({ kind: "already", commit: later });
  });

  test("by a merge commit of both sides where the base has moved", async () => {
    const { checkout, tip, merge } = await endedRun();
    const moved = commitAll(checkout, { "b.txt": "of the user\n" }, "moved");
    const { kind, commit } = await merge();
    expect([kind, at(checkout, "main")]).toEqual(["merge", commit]);
    expect(git(checkout, "log", "-1", "--format=%P|%s|%an|%(trailers:key=Pawl-Run,valueonly,separator=,)")).toBe(
      `${moved} ${tip}|Merge pawl/R1|Ann|R1`,
    );
    expect([read(checkout, "a.txt"), read(checkout, "b.txt")]).toEqual(["of the run\n", "of the user\n"]);
    expect(git(checkout, "status", "--porcelain")).toBe("");
  });

  test("of a branch that is checked out nowhere, and no checkout follows", async () => {
    const { checkout, tip, merge } = await endedRun();
    git(checkout, "branch", "release");
    git(checkout, "branch", "moved");
    put(checkout, { "a.txt": "not committed\n" });
    expect(await merge("release")).toEqual({ kind: "fast_forward", commit: tip });
    expect(at(checkout, "release")).toBe(tip);
    expect([read(checkout, "a.txt"), at(checkout, "HEAD")]).toEqual(["not committed\n", at(checkout, "main")]);
  });

  test("that is checked out in another worktree, which follows", async () => {
    const { checkout, tip, merge } = await endedRun();
    const linked = join(dirname(checkout), "linked");
    git(checkout, "worktree", "add", "-q", "-b", "release", linked);
    expect(await merge("release")).toEqual({ kind: "fast_forward", commit: tip });
    expect([read(linked, "a.txt"), read(checkout, "a.txt")]).toEqual(["of the run\n", "one\n"]);
    expect([git(linked, "status", "--porcelain"), git(checkout, "status", "--porcelain")]).toEqual(["", ""]);
  });

  test("that is checked out in the first checkout, which follows, also when asked for from another worktree", async () => {
    const { checkout, tip } = await endedRun();
    const linked = join(dirname(checkout), "linked");
    git(checkout, "worktree", "add", "-q", "--detach", linked);
    const repository = await openRepository(linked, { clock: systemClock });
    onTestFinished(() => repository.close());
    const merged = await mergeRunIntoBase(repository, { run: "R1", store: "S", base: "main" });
    expect(merged).toEqual({ kind: "fast_forward", commit: tip });
    expect([read(checkout, "a.txt"), read(linked, "a.txt")]).toEqual(["of the run\n", "one\n"]);
    expect([git(linked, "status", "--porcelain"), git(checkout, "status", "--porcelain")]).toEqual(["", ""]);
  });

  test("of a checkout whose git folder lies elsewhere, be it a submodule", async () => {
    const apart = checkoutWith({ "a.txt": "one\n", "b.txt": "b\n" });
    git(apart, "init", "-q", "--separate-git-dir", join(dirname(apart), "apart.git"));
    const outer = checkoutWith({});
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", apart, "inner");
    const inner = join(outer, "inner");
    git(inner, "config", "user.name", "Ann");
    git(inner, "config", "user.email", "ann@example.com");
    for (const folder of [apart, inner]) {
      const { tip, merge } = await endedRun(folder);
      expect(await merge()).toEqual({ kind: "fast_forward", commit: tip });
      expect([read(folder, "new.txt"), git(folder, "status", "--porcelain")]).toEqual(["new\n", ""]);
    }
  });

  test("without a signature, also where the user wants one of merges", async () => {
    const { checkout, tip, merge } = await endedRun();
    git(checkout, "config", "merge.verifySignatures", "true");
    expect(await merge()).toEqual({ kind: "fast_forward", commit: tip });
  });

  test.each(["--squash", "--no-ff", "-s ours"])("whatever the user wants of merges into it: %s", async (options) => {
    const { checkout, tip, merge } = await endedRun();
    git(checkout, "switch", "-q", "-c", "rel=1.0");
    git(checkout, "config", "branch.rel=1.0.mergeOptions", options);
    expect(await merge("rel=1.0")).toEqual({ kind: "fast_forward", commit: tip });
    expect([at(checkout, "rel=1.0"), read(checkout, "new.txt")]).toEqual([tip, "new\n"]);
  });

  test("as the user wants files there: their line ends, and not those that are left out", async () => {
    const { checkout, merge } = await endedRun();
    git(checkout, "config", "core.autocrlf", "true");
    git(checkout, "sparse-checkout", "set", "--no-cone", "/new.txt");
    expect((await merge()).kind).toBe("fast_forward");
    expect(read(checkout, "new.txt")).toBe("new\r\n");
    expect(() => read(checkout, "a.txt")).toThrow("ENOENT");
    expect(git(checkout, "status", "--porcelain")).toBe("");
  });

  test("that is named in full", async () => {
    const { checkout, tip, merge } = await endedRun();
    expect(await merge("refs/heads/main")).toEqual({ kind: "fast_forward", commit: tip });
    expect([at(checkout, "main"), read(checkout, "new.txt")]).toEqual([tip, "new\n"]);
  });

  test("past changes of the user in other files, staged or not, which stay as they are", async () => {
    const { checkout, merge } = await endedRun();
    commitAll(checkout, { "c.txt": "c\n" }, "moved");
    put(checkout, { "b.txt": "staged\n" });
    git(checkout, "add", "b.txt");
    put(checkout, { "c.txt": "changed\n", "untracked.txt": "u\n" });
    expect((await merge()).kind).toBe("merge");
    expect(git(checkout, "status", "--porcelain")).toBe("M  b.txt\n M c.txt\n?? untracked.txt");
    expect(read(checkout, "a.txt")).toBe("of the run\n");
  });
});

describe("nothing is changed", () => {
  test.each<readonly [string, "fast-forward" | "merge", (checkout: string) => void, string]>([
    ["a change of the same file", "fast-forward", (checkout) => put(checkout, { "a.txt": "mine\n" }), "a.txt"],
    ["a change of the same file", "merge", (checkout) => put(checkout, { "a.txt": "mine\n" }), "a.txt"],
    [
      "a staged change of the same file",
      "merge",
      (checkout) => {
        put(checkout, { "a.txt": "mine\n" });
        git(checkout, "add", "a.txt");
      },
      "a.txt",
    ],
    ["a file that git does not know", "fast-forward", (checkout) => put(checkout, { "new.txt": "mine\n" }), "new.txt"],
    [
      "an unfinished merge of the user's",
      "fast-forward",
      (checkout) => {
        git(checkout, "branch", "left");
        commitAll(checkout, { "b.txt": "right\n" }, "right");
        git(checkout, "switch", "-q", "left");
        commitAll(checkout, { "b.txt": "left\n" }, "left");
        git(checkout, "branch", "-q", "-f", "main", "left");
        git(checkout, "switch", "-q", "main");
        try {
          git(checkout, "merge", "main@{1}");
        } catch {
          // In conflict, as it should be.
        }
      },
      "unmerged",
    ],
  ])("where %s is in the way of a %s", async (_, way, prepare, named) => {
    const { checkout, merge } = await endedRun();
    if (way === "merge") {
      commitAll(checkout, { "b.txt": "moved\n" }, "moved");
    }
    prepare(checkout);
    const before = [at(checkout, "main"), git(checkout, "status", "--porcelain")];
    await expect(merge()).rejects.toMatchObject({
      code: "CHECKOUT_IN_THE_WAY",
      exitStatus: 1,
      message: expect.stringContaining(named),
    });
    expect([at(checkout, "main"), git(checkout, "status", "--porcelain")]).toEqual(before);
  });

  test.each<readonly [string, string, (checkout: string) => void]>([
    ["a rebase", "git rebase", (checkout) => git(checkout, "rebase", "-q", "--exec", "false", "HEAD~1")],
    [
      "a rebase of what is above it, which takes along",
      "git rebase",
      (checkout) => {
        git(checkout, "switch", "-q", "-C", "above");
        commitAll(checkout, { "d.txt": "above\n" }, "above");
        git(checkout, "rebase", "-q", "--update-refs", "--exec", "false", "HEAD~2");
      },
    ],
    ["a rebase of patches", "git rebase", (checkout) => git(checkout, "rebase", "-q", "--apply", "clash")],
    [
      "a bisection",
      "git bisect",
      (checkout) => {
        git(checkout, "bisect", "start", "HEAD", "HEAD~2");
      },
    ],
  ])("while %s of the base is not over, in a linked worktree too", async (_, command, begin) => {
    const { checkout, merge } = await endedRun();
    git(checkout, "switch", "-q", "-c", "clash");
    commitAll(checkout, { "b.txt": "clash\n" }, "clash");
    git(checkout, "switch", "-q", "main");
    commitAll(checkout, { "b.txt": "second\n" }, "second");
    const third = commitAll(checkout, { "c.txt": "third\n" }, "third");
    git(checkout, "switch", "-q", "--detach");
    const linked = join(dirname(checkout), "linked");
    git(checkout, "worktree", "add", "-q", linked, "main");
    for (const folder of [linked, checkout]) {
      git(folder, "switch", "-q", "main");
      try {
        begin(folder);
      } catch {
        // A rebase that stops half way says so by its status.
      }
      await expect(merge()).rejects.toMatchObject({
        code: "CHECKOUT_IN_THE_WAY",
        message: expect.stringContaining(folder),
        fix: `Finish or give up the ${command} there, then ask again. Nothing was changed.`,
      });
      expect(at(checkout, "main")).toBe(third);
      if (folder === linked) {
        git(checkout, "worktree", "remove", "--force", linked);
      }
    }
  });

  test("while a merge of the user's is not committed yet", async () => {
    const { checkout, merge } = await endedRun();
    git(checkout, "switch", "-q", "-c", "other");
    commitAll(checkout, { "c.txt": "c\n" }, "other");
    git(checkout, "switch", "-q", "main");
    git(checkout, "merge", "-q", "--no-ff", "--no-commit", "other");
    const before = at(checkout, "main");
    await expect(merge()).rejects.toMatchObject({
      code: "CHECKOUT_IN_THE_WAY",
      fix: "Finish or give up there what git is in the middle of, then ask again. Nothing was changed.",
    });
    expect(at(checkout, "main")).toBe(before);
  });

  test("where the worktree that has the base was deleted behind git's back", async () => {
    const { checkout, merge } = await endedRun();
    const linked = join(dirname(checkout), "linked");
    git(checkout, "worktree", "add", "-q", "-b", "release", linked);
    rmSync(linked, { recursive: true });
    await expect(merge("release")).rejects.toMatchObject({
      code: "CHECKOUT_IN_THE_WAY",
      fix: expect.stringContaining("git worktree prune"),
    });
    expect(at(checkout, "release")).toBe(at(checkout, "main"));
  });

  test.each(["index", "HEAD", "refs/heads/main"])(
    "while another git holds the lock of %s, which is said, and no file has changed",
    async (held) => {
      const { checkout, merge } = await endedRun();
      const before = at(checkout, "main");
      put(checkout, { [`.git/${held}.lock`]: "" });
      await expect(merge()).rejects.toMatchObject({
        code: "CHECKOUT_IN_THE_WAY",
        message: expect.stringContaining(`${held}.lock`),
        fix: expect.stringContaining("remove that file where none runs"),
      });
      expect([at(checkout, "main"), git(checkout, "status", "--short")]).toEqual([before, ""]);
    },
  );

  test("by a conflict, which names its files", async () => {
    const { checkout, merge } = await endedRun();
    const moved = commitAll(checkout, { "a.txt": "of the user\n", "new.txt": "of the user\n" }, "moved");
    await expect(merge()).rejects.toMatchObject({
      code: "MERGE_CONFLICT",
      message: "pawl/R1 does not merge into main: 2 conflicts, in a.txt, new.txt",
    });
    expect([at(checkout, "main"), git(checkout, "status", "--porcelain")]).toEqual([moved, ""]);
  });

  test.each([
    [["a"], "1 conflict, in a"],
    [["a", "b", "c", "d", "e"], "5 conflicts, in a, b, c, d, e"],
    [["a", "b", "c", "d", "e", "f", "g"], "7 conflicts, in a, b, c, d, e and 2 more"],
  ])("says so of %j", (paths, said) => {
    expect(mergeConflict({ from: "x", into: "y", paths }).message).toBe(`x does not merge into y: ${said}`);
  });
});
