import { chmodSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyPatch, capturePatch, parsePatch } from "../../../src/pipeline/git/index.ts";
import { commitAll, git, put, type Setting, setting } from "./setting.fixture.ts";

/** A commit of a file with CRLF that .gitattributes says is kept with LF: git takes it for changed at once. */
async function unsound(): Promise<Setting & { readonly base: string }> {
  const place = await setting({ "a.txt": "one\r\ntwo\r\n", "b.txt": "b\n", gone: "g\n" });
  put(place.checkout, { ".gitattributes": "*.txt text\n" });
  git(place.checkout, "add", ".gitattributes");
  git(place.checkout, "commit", "-q", "-m", "attributes");
  return { ...place, base: git(place.checkout, "rev-parse", "HEAD") };
}

/** A worktree at the commit, whose files git looks at again. */
async function lookedAt({ pool, base }: Pick<Awaited<ReturnType<typeof unsound>>, "pool" | "base">) {
  const worktree = await pool.acquire(base);
  utimesSync(join(worktree.folder, "a.txt"), 1e9, 1e9);
  return worktree;
}

const patchOf = (before: string, after: string, path = "a.txt") =>
  parsePatch(
    Buffer.from(`diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-${before}\n+${after}\n`),
    "p",
  );

describe("a file whose line ends its attributes forbid, which git takes for changed", () => {
  test("is patched all the same, and the files follow", async () => {
    const place = await unsound();
    const worktree = await lookedAt(place);
    const patch = parsePatch(
      Buffer.from(
        "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n-one\r\n+1\r\n two\r\n" +
          "diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-g\n",
      ),
      "p",
    );
    expect(await applyPatch(worktree, patch)).toEqual({ applied: true });
    const tree = (await worktree.git(["write-tree"])).stdout.toString().trim();
    expect(git(place.checkout, "ls-tree", "--name-only", tree)).toBe(".gitattributes\na.txt\nb.txt");
    expect((await place.repository.git(["cat-file", "blob", `${tree}:a.txt`])).stdout.toString()).toBe("1\r\ntwo\r\n");
    expect(readdirSync(worktree.folder).sort()).toEqual([".git", ".gitattributes", "a.txt", "b.txt"]);
    expect(readFileSync(join(worktree.folder, "a.txt"), "utf8")).toBe("1\r\ntwo\r\n");
  });

  test("refuses what does not apply, and what changes nothing", async () => {
    const place = await unsound();
    const worktree = await lookedAt(place);
    expect(await applyPatch(worktree, patchOf("three\r", "3\r"))).toMatchObject({ applied: false });
    const there = await lookedAt(place);
    const done = parsePatch(
      Buffer.from("diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n-1\r\n+one\r\n two\r\n"),
      "p",
    );
    expect(await applyPatch(there, done)).toEqual({
      applied: false,
      reason: "it applies to nothing: all that it changes is so already",
    });
    const mode = "diff --git a/a.txt b/a.txt\nold mode 100755\nnew mode 100644\n";
    const again = parsePatch(Buffer.from(`${mode}diff --git a/b.txt b/b.txt\n${mode.slice(mode.indexOf("old"))}`), "p");
    expect(await applyPatch(await lookedAt(place), again)).toMatchObject({ applied: false });
  });

  test.each([
    ["merges a patch with what came near it", 3, true],
    ["refuses one that is in the way of what came", 6, false],
  ])("%s", async (_, changedLine, applied) => {
    const numbers = Array.from({ length: 10 }, (_each, index) => `${index + 1}`);
    const textWith = (...changed: number[]): string =>
      numbers.map((line, index) => `${changed.includes(index + 1) ? `new ${line}` : line}\r\n`).join("");
    const { checkout, pool, start } = await setting({ "a.txt": textWith() });
    commitAll(checkout, { "a.txt": textWith(6) }, "of the patch");
    git(checkout, "diff", "--full-index", "--output=../patch", start);
    const patch = parsePatch(readFileSync(join(checkout, "../patch")), "p");
    git(checkout, "reset", "-q", "--hard", start);
    const other = changedLine === 6 ? textWith().replace("6\r", "another 6\r") : textWith(changedLine);
    commitAll(checkout, { "a.txt": other }, "other");
    put(checkout, { ".gitattributes": "*.txt text\n" });
    git(checkout, "add", ".gitattributes");
    git(checkout, "commit", "-q", "-m", "attributes");
    const worktree = await lookedAt({ pool, base: git(checkout, "rev-parse", "HEAD") });
    const outcome = await applyPatch(worktree, patch);
    expect(outcome).toMatchObject(applied ? { applied } : { applied, reason: expect.stringMatching(/does not apply/) });
    expect(readFileSync(join(worktree.folder, "a.txt"), "utf8")).toBe(applied ? textWith(changedLine, 6) : other);
    expect(readdirSync(worktree.gitDir)).not.toContain("pawl-apply-index");
  });

  test("is not among what a task changed, read or written again, as long as its bytes are the same", async () => {
    const place = await unsound();
    const worktree = await lookedAt(place);
    const { folder } = await worktree.lend();
    put(folder, { "a.txt": "one\r\ntwo\r\n" });
    expect(await capturePatch(worktree, place.base)).toBeNull();
    put(folder, { "b.txt": "b\nb\n" });
    const patch = parsePatch((await capturePatch(worktree, place.base)) ?? Buffer.of(), "p");
    expect(patch.files.map(({ newPath }) => newPath)).toEqual(["b.txt"]);
  });

  test("but once it was written, with the line ends that its attributes ask for", async () => {
    const place = await unsound();
    const worktree = await lookedAt(place);
    put((await worktree.lend()).folder, { "a.txt": "1\r\ntwo\r\n" });
    const patch = (await capturePatch(worktree, place.base))?.toString();
    expect(patch).toContain("-one\r\n-two\r\n+1\n+two\n");
  });

  test("is taken where the user has git refuse what it would write otherwise", async () => {
    const { checkout, pool, start } = await setting({ ".gitattributes": "*.txt text eol=crlf\n" });
    git(checkout, "config", "core.safecrlf", "true");
    const worktree = await pool.acquire(start);
    put((await worktree.lend()).folder, { "new.txt": "one\n" });
    expect((await capturePatch(worktree, start))?.toString()).toContain("+one\n");
  });

  test("keeps a change of its mode", async () => {
    const place = await unsound();
    const worktree = await lookedAt(place);
    chmodSync(join((await worktree.lend()).folder, "a.txt"), 0o755);
    expect((await capturePatch(worktree, place.base))?.toString()).toBe(
      "diff --git a/a.txt b/a.txt\nold mode 100644\nnew mode 100755\n",
    );
  });
});
