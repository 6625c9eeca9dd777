import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inspectPatch } from "../../../src/pipeline/git/index.ts";
import { type File, git, put, setting } from "./setting.fixture.ts";

/** A patch that takes away such a file. */
const deleting = (path: string, mode = "100644"): string =>
  adding(path, mode)
    .replace("new file", "deleted file")
    .replace("@@ -0,0 +1 @@\n+", "@@ -1 +0,0 @@\n-")
    .replace("--- /dev/null", `--- a/${path}`)
    .replace(`+++ b/${path}`, "+++ /dev/null");

const moving = (by: "copy" | "rename", from: string, to: string): string =>
  `diff --git a/${from} b/${to}\n${by} from ${from}\n${by} to ${to}\n`;

/** A patch that makes one new file of one line. */
function adding(path: string, mode = "100644", line = "text"): string {
  return [
    `diff --git a/${path} b/${path}`,
    `new file mode ${mode}`,
    "--- /dev/null",
    `+++ b/${path}`,
    "@@ -0,0 +1 @@",
    `+${line}`,
    ...(mode === "120000" ? ["\\ No newline at end of file"] : []),
    "",
  ].join("\n");
}

async function rulesBroken(
  patch: string,
  rules: { scope?: string[]; limits?: { lines?: number; bytes?: number } } = {},
  files?: Readonly<Record<string, File>>,
): Promise<string[]> {
  const { repository, start } = await setting(files);
  const { format, scope, constraints } = await inspectPatch(repository, Buffer.from(patch), "p", {
    ...rules,
    tip: start,
  });
  return [format, scope, constraints].flatMap(({ findings }) => findings.map(({ rule }) => rule));
}

describe("a patch may not leave the tree", () => {
  test.each(["../out.txt", "dir/../../out.txt", "/etc/passwd", "C:/windows/x", "dir/./x", "..\\out.txt", "dir//x"])(
    "by the path %s",
    async (path) => expect(await rulesBroken(adding(path))).toEqual(["inside_tree"]),
  );

  test("by what it takes away, moves or copies from there", async () => {
    for (const patch of [deleting("../x"), moving("rename", "../x", "y"), moving("copy", "../x", "y")]) {
      expect(await rulesBroken(patch)).toEqual(["inside_tree"]);
    }
  });

  test.each([
    ".git/hooks/pre-commit",
    "sub/.git/config",
    ".GIT/config",
    ".git./config",
    ".git::$INDEX_ALLOCATION/config",
    "git~1/config",
    ".git\u200c/x",
  ])("into git's own folder by %s", async (path) => expect(await rulesBroken(adding(path))).toEqual(["git_folder"]));

  test("through a symlink of the tree", async () => {
    const files = { "a.txt": "", linked: { link: "elsewhere" } };
    expect(await rulesBroken(adding("linked/x.txt"), {}, files)).toEqual(["symlink"]);
    expect(await rulesBroken(deleting("linked/x.txt"), {}, files)).toEqual(["symlink"]);
  });

  test("through one whose name has a line break", async () => {
    const patch = adding("two\\nlines/x")
      .replace(/([ab]\/two.*)/g, '"$1"')
      .replace("x b/two", 'x" "b/two');
    expect(await rulesBroken(patch, {}, { "a.txt": "", "two\nlines": { link: "elsewhere" } })).toEqual(["symlink"]);
  });

  test("through a symlink that it makes itself", async () => {
    expect(await rulesBroken(adding("linked", "120000", "dir") + adding("linked/x.txt"))).toEqual(["symlink"]);
  });

  test("a symlink in the place of a folder whose files it takes away is allowed", async () => {
    const { checkout, repository, start } = await setting({
      "dir/a.txt": "a\n",
      "dir/b.txt": "b\n",
      "src/c.txt": "c\n",
    });
    put(checkout, { dir: { link: "src" }, "src/a.txt": "a\n" });
    git(checkout, "add", "--all");
    git(checkout, "diff", "--cached", "-M", "--output=../patch");
    const patch = readFileSync(join(checkout, "../patch"));
    expect(patch.toString()).toContain("rename from dir/a.txt");
    expect((await inspectPatch(repository, patch, "p", { tip: start })).reason).toBeNull();
  });

  test("a folder in the place of a symlink that it takes away is allowed", async () => {
    const files = { "a.txt": "", linked: { link: "elsewhere" } };
    expect(await rulesBroken(deleting("linked", "120000") + adding("linked/x.txt"), {}, files)).toEqual([]);
  });

  test.each(["/etc", "../up", "..\\up", "C:/x", "", "a/../../..", ".git/config"])(
    "by a new symlink to %s",
    async (target) => expect(await rulesBroken(adding("linked", "120000", target))).toEqual(["symlink"]),
  );

  test("a symlink that stays in the tree is allowed", async () => {
    expect(await rulesBroken(adding("dir/linked", "120000", "../a.txt"))).toEqual([]);
  });

  test("by a change of a symlink that it does not call one", async () => {
    const files = { "a.txt": "", linked: { link: "a.txt" } };
    const patch = "diff --git a/linked b/linked\n--- a/linked\n+++ b/linked\n@@ -1 +1 @@\n-a.txt\n+/etc/passwd\n";
    expect(await rulesBroken(patch, {}, files)).toEqual(["symlink"]);
    expect(await rulesBroken(patch.replace("---", "old mode 120000\n---"), {}, files)).toEqual(["symlink"]);
  });

  test("by many paths, of which the first are told and the others counted", async () => {
    const { repository, start } = await setting();
    const patch = Array.from({ length: 23 }, (_, index) => adding(`../${index}`)).join("");
    const { constraints, reason } = await inspectPatch(repository, Buffer.from(patch), "p", { tip: start });
    expect(constraints.findings.map(({ rule }) => rule)).toEqual([...Array<string>(20).fill("inside_tree"), "more"]);
    expect(reason).toMatch(/; and 3 more$/);
    expect(
      await rulesBroken(
        patch
          .split(/(?=^diff)/m)
          .slice(3)
          .join(""),
      ),
    ).toEqual(Array(20).fill("inside_tree"));
  });

  test("to where Pawl keeps its state, and nothing beside it is refused for it", async () => {
    const { checkout, repository, start } = await setting();
    await repository.excludeFromGit(join(checkout, ".state"));
    const patch = adding(".state/x") + adding(".stately/x") + adding("sub/.state");
    const found = await inspectPatch(repository, Buffer.from(patch), "p", { tip: start });
    expect(found.constraints.findings).toMatchObject([{ rule: "own_folder", file: ".state/x" }]);
    const itself = await inspectPatch(repository, Buffer.from(adding(".state")), "p", { tip: start });
    expect(itself.constraints.findings).toMatchObject([{ rule: "own_folder", file: ".state" }]);
  });

  test("a submodule is refused", async () => {
    expect(await rulesBroken(adding("sub", "160000"))).toContain("submodule");
    expect(await rulesBroken(deleting("sub", "160000"))).toContain("submodule");
  });
});

describe("a patch keeps to its task", () => {
  test("every file lies in the scope, those with `!` do not", async () => {
    const patch = adding("src/a.ts") + adding("src/.b/c.ts") + adding("src/gen/x.ts") + adding("docs/a.md");
    expect(await rulesBroken(patch, { scope: ["src/**", "!src/gen/"] })).toEqual(["scope", "scope"]);
    expect(await rulesBroken(patch, { scope: ["./src/**", "docs/"] })).toEqual([]);
  });

  test("what it takes away or moves lies in the scope too; what it copies is only read", async () => {
    const scope = ["src/**"];
    expect(await rulesBroken(deleting("docs/a"), { scope })).toEqual(["scope"]);
    expect(await rulesBroken(moving("rename", "docs/a", "src/a"), { scope })).toEqual(["scope"]);
    expect(await rulesBroken(moving("copy", "docs/a", "src/a"), { scope })).toEqual([]);
  });

  test("a class with `!` has all letters but those it names", async () => {
    const patch = adding("src/a.ts") + adding("src/b.ts") + adding("src/7.ts");
    expect(await rulesBroken(patch, { scope: ["src/[!a]*"] })).toEqual(["scope"]);
    expect(await rulesBroken(patch, { scope: ["src/[[:alpha:]]*"] })).toEqual(["scope"]);
  });

  test("a name may have any letter that a file system takes", async () => {
    const { checkout, repository, start } = await setting();
    const names = ["line\nbreak", "dir/line\nbreak", "at the end\\", "twice\\\\in it", "\\first"];
    put(checkout, Object.fromEntries(names.map((name) => [name, "x\n"])));
    git(checkout, "add", "--all");
    git(checkout, "diff", "--cached", "--output=../patch");
    const rules = { tip: start, scope: ["**"] };
    const { reason, patch } = await inspectPatch(repository, readFileSync(join(checkout, "../patch")), "p", rules);
    expect(reason).toBeNull();
    expect(patch?.files.map(({ newPath }) => newPath).sort()).toEqual([...names].sort());
  });

  test("a scope of nothing allows nothing", async () => {
    expect(await rulesBroken(adding("x"), { scope: [] })).toEqual(["scope"]);
  });

  test("at the limit of lines it passes, above it fails", async () => {
    const patch = adding("x") + adding("y");
    expect(await rulesBroken(patch, { limits: { lines: 2 } })).toEqual([]);
    expect(await rulesBroken(patch, { limits: { lines: 1 } })).toEqual(["limits.lines"]);
    expect(await rulesBroken(adding("x") + deleting("y"), { limits: { lines: 1 } })).toEqual(["limits.lines"]);
  });

  test("at the limit of bytes it passes, above it fails", async () => {
    const bytes = adding("x").length;
    expect(await rulesBroken(adding("x"), { limits: { bytes } })).toEqual([]);
    expect(await rulesBroken(adding("x"), { limits: { bytes: bytes - 1 } })).toEqual(["limits.bytes"]);
  });

  test("above the limit of bytes it is not read, and nothing is said of what it holds", async () => {
    const { repository, start } = await setting();
    const rules = { tip: start, limits: { bytes: 1 }, scope: [] };
    const found = await inspectPatch(repository, Buffer.from(adding("x")), "p", rules);
    expect([found.format.passed, found.scope.passed, found.constraints.passed]).toEqual([null, null, false]);
  });

  test("a text that is no patch fails the format, and nothing else is looked at", async () => {
    const { repository, start } = await setting();
    const found = await inspectPatch(repository, Buffer.from("hello\n"), "p", { tip: start });
    expect([found.format.passed, found.scope.passed, found.constraints.passed]).toEqual([false, null, null]);
    const empty = await inspectPatch(repository, Buffer.from(""), "p", { tip: start });
    expect([empty.format.passed, empty.scope.passed, empty.constraints.passed]).toEqual([false, null, null]);
  });
});
