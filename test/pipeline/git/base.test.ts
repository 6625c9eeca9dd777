import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import { openRepository, resolveBase } from "../../../src/pipeline/git/index.ts";
import { commitAll, git, setting } from "./setting.fixture.ts";

describe("a base", () => {
  test("is a branch, a tag or a commit", async () => {
    const { repository, checkout, start } = await setting();
    git(checkout, "tag", "-a", "-m", "v1", "v1");
    for (const base of ["main", "v1", start, start.slice(0, 8), "HEAD"]) {
      expect(await resolveBase(repository, base)).toBe(start);
    }
  });

  test("is the branch where a tag has its name too", async () => {
    const { repository, checkout, start } = await setting();
    const later = commitAll(checkout, { "a.txt": "later\n" }, "later");
    git(checkout, "tag", "main", start);
    expect(await resolveBase(repository, "main")).toBe(later);
    expect(await resolveBase(repository, "tags/main")).toBe(start);
  });

  test("is found where the checkout is on a branch that has no commit yet", async () => {
    const { checkout, start } = await setting();
    git(checkout, "switch", "-q", "--orphan", "new");
    const repository = await openRepository(checkout, { clock: systemClock });
    onTestFinished(() => repository.close());
    expect(repository.head).toEqual({ commit: null, branch: "new" });
    expect(await resolveBase(repository, "main")).toBe(start);
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
