import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Patch, parsePatch } from "../../../src/pipeline/git/index.ts";
import { checkoutWith, commitAll, type File, git, put } from "./setting.fixture.ts";

/** What git's own patch between two sets of files is read as. */
function read(before: Record<string, File>, after: Record<string, File | null>): Patch["files"][number][] {
  const checkout = checkoutWith(before);
  put(checkout, after);
  git(checkout, "add", "--all");
  git(checkout, "diff", "--cached", "--binary", "-M", "--output=../patch");
  return [...parsePatch(readFileSync(join(checkout, "../patch")), "p").files];
}

const lines = "1\n2\n3\n4\n5\n6\n";

describe("a patch as git makes it is understood", () => {
  test("a new, a deleted and a renamed file", () => {
    const files = read({ old: "x\n", from: lines }, { old: null, from: null, to: lines, new: "y\n" });
    expect(files.map(({ status, oldPath, newPath }) => [status, oldPath, newPath])).toEqual([
      ["added", null, "new"],
      ["deleted", "old", null],
      ["renamed", "from", "to"],
    ]);
  });

  test("how many lines come and go, of files of one line too", () => {
    const files = read({ old: "x\n", one: "1\n", many: lines }, { old: null, one: "2\n", many: "1\n2\n" });
    expect(files.map(({ added, removed }) => [added, removed])).toEqual([
      [0, 4],
      [0, 1],
      [1, 1],
    ]);
  });

  test("a change of mode alone", () => {
    const [file] = read({ tool: "#!/bin/sh\n" }, { tool: { program: "#!/bin/sh\n" } });
    expect(file).toMatchObject({ status: "modified", oldMode: "100644", newMode: "100755", added: 0, removed: 0 });
  });

  test("a binary file", () => {
    const [file] = read({ x: Buffer.from([0, 1, 2]) }, { x: Buffer.from([0, 255, 2, 3]) });
    expect(file).toMatchObject({ status: "modified", binary: true, newPath: "x" });
  });

  test("a binary file of which git writes only what is other in it", () => {
    const bytes = Buffer.from(Array.from({ length: 4_000 }, (_, index) => (index * index) % 251));
    const files = read({ x: bytes, y: "1\n" }, { x: Buffer.concat([bytes, Buffer.from([0])]), y: "2\n" });
    expect(files).toMatchObject([{ binary: true }, { binary: false, newPath: "y" }]);
  });

  test.each([
    [
      "without a line feed at the end of either side",
      "-1\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n",
    ],
    ["with empty lines that lost their space", "\n-1\n+2\n\n"],
  ])("and applied as it is %s", (_, body) => {
    const count = body.startsWith("\n") ? 3 : 1;
    const patch = `diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,${count} +1,${count} @@\n${body}${modeOfX}`;
    const { diff, files } = parsePatch(Buffer.from(`Of x:\n${patch}`), "p");
    expect([diff.toString(), files.length]).toEqual([patch, 2]);
  });

  test.each([
    ["as it is", "", true],
    ["without the text before it", "About it:\n", true],
    ["with the end of its last line", "", false],
    // Of the same length as what is applied of it.
    ["with that end and without an empty line before it", "\n", false],
  ])("and applied %s", (_, before, hasEnd) => {
    const part = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n";
    const patch = Buffer.from(`${before}${hasEnd ? part : part.slice(0, -1)}`);
    expect(parsePatch(patch, "p").diff.toString()).toBe(part);
  });

  test("line ends of Windows, and a last line without one", () => {
    const [file] = read({ x: "a\r\nb\r\n" }, { x: "a\r\nc" });
    expect(file).toMatchObject({ binary: false, added: 1, removed: 1 });
  });

  test("names with UTF-8, spaces, quotes and tabs", () => {
    const names = ["a b/c d", "tab\there", 'quo"te', "ünï/日本"];
    const files = read({ start: "" }, Object.fromEntries(names.map((name) => [name, "x\n"])));
    expect(files.map(({ newPath }) => newPath).sort()).toEqual(names.sort());
  });

  test("names whose letters git writes as numbers", () => {
    const name = String.raw`\303\274n\303\257/\346\227\245 \"x\"`;
    const patch = `diff --git "a/${name}" "b/${name}"\nnew file mode 100644\n`;
    expect(parsePatch(Buffer.from(patch), "p").files).toMatchObject([{ newPath: 'ünï/日 "x"' }]);
    const marked = patch.replaceAll(name, String.raw`\357\273\277x`);
    expect(parsePatch(Buffer.from(marked), "p").files).toMatchObject([{ newPath: "\ufeffx" }]);
  });

  test("a symlink, with where it points", () => {
    const [file] = read({ a: "" }, { linked: { link: "dir/a" } });
    expect(file).toMatchObject({ status: "added", newMode: "120000", linkTarget: "dir/a" });
  });

  test("a symlink that leads elsewhere", () => {
    const [file] = read({ a: "", linked: { link: "a" } }, { linked: { link: "dir/b" } });
    expect(file).toMatchObject({ status: "modified", oldMode: "120000", newMode: "120000", linkTarget: "dir/b" });
  });

  test("an empty new file", () => {
    expect(read({ a: "" }, { empty: "" })).toMatchObject([{ status: "added", newPath: "empty", added: 0 }]);
  });
});

describe("a mail of git format-patch", () => {
  const mailOf = (message: string, author: string): Patch["mail"] => {
    const checkout = checkoutWith({ a: "" });
    git(checkout, "config", "user.name", author);
    commitAll(checkout, { a: "x\n" }, message);
    return parsePatch(Buffer.from(`${git(checkout, "format-patch", "--stdout", "-1")}\n`), "p").mail;
  };

  test("keeps author and message", () => {
    expect(mailOf("Fix it\n\nBecause.\n\nMore: of it", "Bob")).toMatchObject({
      author: { name: "Bob", email: "ann@example.com" },
      message: "Fix it\n\nBecause.\n\nMore: of it",
    });
  });

  test("keeps a name, a subject and a text that are not ASCII", () => {
    const mail = mailOf(
      "Ünï: 修正 of a subject that is so long that git folds it over more than one line\n\nGrüße",
      "Jörg 日本",
    );
    expect(mail?.author.name).toBe("Jörg 日本");
    expect(mail?.message).toBe(
      "Ünï: 修正 of a subject that is so long that git folds it over more than one line\n\nGrüße",
    );
  });

  test("keeps an author who is named at the top of the text, because somebody else sends it", () => {
    const checkout = checkoutWith({ a: "" });
    git(checkout, "config", "user.name", "Jörg 日本");
    commitAll(checkout, { a: "x\n" }, "Fix it");
    const text = git(checkout, "format-patch", "--stdout", "-1", "--from=Bob <bob@example.com>");
    expect(text).toContain("\nFrom: Jörg 日本 <");
    expect(parsePatch(Buffer.from(`${text}\n`), "p").mail).toMatchObject({
      author: { name: "Jörg 日本" },
      message: "Fix it",
    });
  });
});

const modeOfX = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n";

describe("what is no single patch is refused", () => {
  test.each([
    ["PATCH_EMPTY", "an empty file", ""],
    ["PATCH_EMPTY", "white space alone", " \n\n"],
    ["PATCH_EMPTY", "the mail of a commit without changes", "From: A <a@x>\nSubject: s\n\n---\n"],
    ["PATCH_MALFORMED", "prose", "please make it faster\n"],
    ["PATCH_MALFORMED", "a hunk cut short", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n"],
    ["PATCH_MALFORMED", "two names for one file", "diff --git a/x b/x\n--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n"],
    ["PATCH_MALFORMED", "two names of its old side", "diff --git a/x b/x\n--- a/y\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"],
    ["PATCH_MALFORMED", "a part of a merge", `diff --cc m\nindex 1,2..3\n--- a/m\n+++ b/m\n${modeOfX}`],
    ["PATCH_MALFORMED", "a part of another kind of merge", `diff --combined m\nindex 1,2..3\n${modeOfX}`],
    ["PATCH_MALFORMED", "a part of another diff", `${modeOfX}--- y.orig\n+++ y\n@@ -1 +1 @@\n-a\n+b\n`],
    ["PATCH_MALFORMED", "a binary file without its content", "diff --git a/x b/x\nBinary files a/x and b/x differ\n"],
    [
      "PATCH_MALFORMED",
      "a new one",
      "diff --git a/x b/x\nnew file mode 100644\nBinary files /dev/null and b/x differ\n",
    ],
  ])("%s: %s", (code, _, text) => {
    expect(() => parsePatch(Buffer.from(text), "p")).toThrow(expect.objectContaining({ code }));
  });

  const header = "diff --git a/x b/x\n";
  const added = `${header}new file mode 100644\n`;
  const hunks = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
  const binary = `${added}GIT binary patch\n`;
  const link = added.replace("100644", "120000");

  test.each([
    ["lines that end in CR LF", `${header}${hunks}`.replaceAll("\n", "\r\n")],
    ['a second line "new mode"', `${modeOfX}new mode 100644\n`],
    ["both added and deleted", `${added}deleted file mode 100644\n`],
    ["file mode 100600", `${header}new file mode 100600\n`],
    ["a name that cannot be read", 'diff --git a/x b/y\nrename from "x\nrename to y\n'],
    ["a name that cannot be read", "diff --git a/x b/y\nrename from \nrename to y\n"],
    ["a name that cannot be read", 'diff --git a/x b/y\nrename from "x" z\nrename to y\n'],
    ["a name that cannot be read", 'diff --git a/x b/y\nrename from "\\q"\nrename to y\n'],
    ["names that cannot be read from the line diff --git", "diff --git a/x b/y\nrename from x\n"],
    ["a file mode that is stated twice", `${modeOfX}index 1..2 100644\n`],
    ["a file mode that is stated twice", `${header}deleted file mode 100644\nindex 1..0 100644\n`],
    ["a hunk (@@ -1 +1 @@) is missing", `${header}--- a/x\n+++ b/x\n`],
    ['a line that starts with "+++ " is missing', `${header}--- a/x\n@@ -1 +1 @@\n-a\n+b\n`],
    ['a name without the prefix "a/"', `${header}--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n`],
    ["/dev/null stands for a file that is not said to be new", `${header}${hunks.replace("a/x", "/dev/null")}`],
    ["/dev/null stands for a file that is not said to be new", `${added}${hunks}`],
    ["/dev/null stands for a file that is not said to be new", `${header}${hunks.replace("b/x", "/dev/null")}`],
    ["/dev/null stands for a file that is not said to be new", `${header}deleted file mode 100644\n${hunks}`],
    ["a hunk header that cannot be read", `${header}${hunks.replace("-1", "one")}`],
    ["cut short, or whose header counts wrongly", `${header}${hunks.replace("-1", "-1,2")}`],
    [
      "a hunk that is longer than its header says",
      `${header}${hunks.replace("-a", " a")}${hunks}`.replace("-1", "-1,0"),
    ],
    ["binary content that cannot be read", `${binary}literal 1\nIcmZ 1\n`],
    ["binary content is missing", `${binary}\n`],
    ["names that cannot be read from the line diff --git", `diff --git a/x b/y\n${modeOfX.slice(header.length)}`],
    ["a file without any change", `${header}index 1..2 100644\n`],
    ["a file that becomes a symlink", `${modeOfX.replace("100755", "120000")}`],
    [
      "a symlink whose target is not one line",
      `${added.replace("100644", "120000")}--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n`,
    ],
    ["a symlink whose target is not one line", `${link}GIT binary patch\nliteral 1\nIcmZ\n\n`],
    ["cut short, or whose header counts wrongly", `${link.replace("new file", "new")}${hunks.replace("-a\n+b", " a")}`],
    ["a name that is not UTF-8", 'diff --git "a/\\377" "b/\\377"\nnew file mode 100644\n'],
    ['without its line "diff --git"', `${header}${hunks}${hunks.replaceAll("/x", "/y")}`],
    [
      "a mail with attachments",
      `From: A <a@x>\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n${header}${hunks}`,
    ],
    ["a mail without subject and text", `From: A <a@x>\n\n---\n${header}${hunks}`],
  ])("saying what is wrong: %s", (detail, text) => {
    expect(() => parsePatch(Buffer.from(text), "p")).toThrow(
      expect.objectContaining({ code: "PATCH_MALFORMED", message: expect.stringContaining(detail) }),
    );
  });

  test.each([
    ["8bit", 10],
    ["base64", undefined],
  ])("with its line in the file, where a mail of %s has that line as it is", (encoding, line) => {
    const body = "---\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n";
    const head = `From: A <a@x>\nSubject: s\nContent-Transfer-Encoding: ${encoding}\n\n`;
    const text = head + Buffer.from(body).toString(encoding === "base64" ? "base64" : "utf8");
    const at = expect.objectContaining({ file: "p", line });
    expect(() => parsePatch(Buffer.from(text), "p")).toThrow(expect.objectContaining({ at }));
  });

  test("several mails in one file", () => {
    const checkout = checkoutWith({ a: "" });
    commitAll(checkout, { a: "x\n" }, "first");
    commitAll(checkout, { a: "y\n" }, "second");
    const both = Buffer.from(git(checkout, "format-patch", "--stdout", "-2"));
    expect(() => parsePatch(both, "p")).toThrow(expect.objectContaining({ code: "PATCH_SERIES" }));
  });
});
