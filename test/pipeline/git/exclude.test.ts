import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import { openRepository, type Repository } from "../../../src/pipeline/git/index.ts";
import { checkoutWith, git, put } from "./setting.fixture.ts";

async function opened(checkout: string): Promise<Repository> {
  const repository = await openRepository(checkout, { clock: systemClock });
  onTestFinished(() => repository.close());
  return repository;
}

const excluded = (checkout: string): string => readFileSync(join(checkout, ".git/info/exclude"), "utf8");

describe("a folder of Pawl in the checkout", () => {
  test.each([
    ".state",
    "deep/down/state",
    "with space ",
    "#hash",
    "!bang",
    "star*[x]?",
    "back\\slash",
    "..two-dots",
    "größe",
    "two\nlines",
  ])("is hidden from git by its own line, whatever its name: %s", async (name) => {
    const checkout = checkoutWith({ "a.txt": "" });
    const repository = await opened(checkout);
    await repository.excludeFromGit(join(checkout, name));
    put(checkout, { [`${name}/pipeline.db`]: "x", [`other/${name}x`]: "seen" });
    expect(git(checkout, "status", "--porcelain", "-uall", "-z").split("\0").slice(0, -1)).toEqual([
      `?? other/${name}x`,
    ]);
    git(checkout, "add", "--all");
    expect(git(checkout, "ls-files", "-z", name)).toBe("");
    expect(repository.ownFolders).toEqual([name]);
  });

  test("that is reached by a symlink, or from a linked worktree, is hidden where it is", async () => {
    const checkout = checkoutWith({ "a.txt": "" });
    mkdirSync(join(checkout, "real"));
    symlinkSync(checkout, join(checkout, "..", "elsewhere"));
    await (await opened(checkout)).excludeFromGit(join(checkout, "../elsewhere/real/state"));
    expect(excluded(checkout)).toMatch(/^\/real\/state\/$/m);
    git(checkout, "worktree", "add", "-q", "--detach", "../linked");
    const linked = join(dirname(checkout), "linked");
    await (await opened(linked)).excludeFromGit(join(linked, ".state"));
    put(linked, { ".state/x": "" });
    expect(git(linked, "status", "--porcelain")).toBe("");
  });

  test("that is the checkout itself or lies outside is not", async () => {
    const checkout = checkoutWith({ "a.txt": "" });
    const before = excluded(checkout);
    const repository = await opened(checkout);
    for (const folder of [checkout, dirname(checkout), join(checkout, "../state"), "/"]) {
      await repository.excludeFromGit(folder);
    }
    expect(excluded(checkout)).toBe(before);
    expect(repository.ownFolders).toEqual([]);
  });

  test("is hidden once, beside what the user wrote, and where there is no file yet", async () => {
    const checkout = checkoutWith({ "a.txt": "" });
    rmSync(join(checkout, ".git/info"), { recursive: true });
    await (await opened(checkout)).excludeFromGit(".state");
    expect(excluded(checkout)).toBe("/.state/\n");
    appendFileSync(join(checkout, ".git/info/exclude"), "mine\r\n/other/\r\nlast");
    for (const folder of [".state", "other", "new", "new"]) {
      await (await opened(checkout)).excludeFromGit(folder);
    }
    expect(excluded(checkout)).toBe("/.state/\nmine\r\n/other/\r\nlast\n/new/\n");
  });

  test("is hidden by a line of its own, not by one of the user's that only holds it", async () => {
    const checkout = checkoutWith({ "a.txt": "" });
    appendFileSync(join(checkout, ".git/info/exclude"), "#/.state/\n/.state/logs\n");
    const repository = await opened(checkout);
    await repository.excludeFromGit(".state");
    await repository.excludeFromGit("trees");
    expect(excluded(checkout)).toMatch(/#\/\.state\/\n\/\.state\/logs\n\/\.state\/\n\/trees\/\n$/);
    expect(repository.ownFolders).toEqual([".state", "trees"]);
  });
});
