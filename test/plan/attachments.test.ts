import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parsePlan, readPlan } from "../../src/plan/index.ts";
import { folderWith, makePipe, patchText, problemsOf, withTasks } from "./support.ts";

const patchTask = (path: string) => withTasks(`{ id: a, patch: ${JSON.stringify(path)} }`);

const mail = `From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
From: Ada <ada@example.com>
Date: Mon, 1 Jan 2024 00:00:00 +0000
Subject: [PATCH] Mend it

${"A long story.\n".repeat(2000)}
---
 a.txt | 2 +-

${patchText}--
2.40.0
`;

describe("a patch file", () => {
  test.each([
    ["of git diff", patchText],
    ["of git format-patch, with a long message", mail],
    [
      "in a mail that has it as base64",
      `From: Ada <ada@example.com>\nContent-Transfer-Encoding: base64\n\n${btoa(patchText)}\n`,
    ],
    ["with only --- and +++ lines", "--- a.txt\n+++ b.txt\n@@ -1 +1 @@\n-a\n+b\n"],
    ["with CRLF line ends", patchText.replaceAll("\n", "\r\n")],
    ["that is binary", "diff --git a/x b/x\nindex 0..1\nGIT binary patch\n"],
    ["in an unknown encoding", Buffer.concat([Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from(patchText)])],
  ])("%s is taken with the hash of its bytes", async (_, content) => {
    const folder = folderWith({ "p/x.patch": content });
    const plan = await parsePlan(patchTask("p/x.patch"), { file: "plan.yaml", directory: folder });
    expect(plan.workstreams[0]?.tasks[0]).toMatchObject({
      patch: {
        file: join(folder, "p/x.patch"),
        sha256: createHash("sha256").update(content).digest("hex"),
        bytes: Buffer.byteLength(content),
      },
    });
  });

  test("that is missing is refused, and says where it was looked for", async () => {
    const folder = folderWith();
    const [error] = await problemsOf(patchTask("no.patch"), folder);
    expect(error).toMatchObject({ code: "PLAN_ATTACHMENT_MISSING", at: { line: 6, column: 25 } });
    expect(error?.message).toContain(`there is no file "no.patch" (looked for at "${join(folder, "no.patch")}")`);
  });

  test("that is empty is refused", async () => {
    const [error] = await problemsOf(patchTask("x"), folderWith({ x: "" }));
    expect(error?.code).toBe("PLAN_ATTACHMENT_EMPTY");
  });

  test.each([
    ["text", "hello\n"],
    ["a commit message", "Fix --- and +++ and diff --git\n\nas told\n"],
    ["a program", Uint8Array.from({ length: 5000 }, (_, index) => index % 256)],
    ["a separator without its other half", "--- \n--- a\n"],
  ])("that is %s is refused", async (_, content) => {
    const [error] = await problemsOf(patchTask("x"), folderWith({ x: content }));
    expect(error?.code).toBe("PLAN_PATCH_NOT_A_PATCH");
  });

  test("that is a folder, a pipe or cannot be reached is refused", async () => {
    const folder = folderWith({ file: patchText });
    mkdirSync(join(folder, "folder"));
    makePipe(join(folder, "pipe"));
    const paths = ["folder", "pipe", "file/x", "x".repeat(5000)];
    const text = withTasks(...paths.map((path, index) => `{ id: t${index}, patch: ${path} }`));
    const problems = await problemsOf(text, folder);
    expect(problems.map((error) => error.code)).toEqual(paths.map(() => "PLAN_ATTACHMENT_UNREADABLE"));
  });

  test("that is larger than a patch can be is refused before it is read", async () => {
    const folder = folderWith({ x: patchText });
    truncateSync(join(folder, "x"), 200 * 1024 * 1024);
    const [error] = await problemsOf(patchTask("x"), folder);
    expect(error?.code).toBe("PLAN_ATTACHMENT_TOO_LARGE");
  });

  test("outside the folder of the plan is refused, by whatever way it leads there", async () => {
    const outside = folderWith({ "secret.patch": patchText });
    const folder = folderWith();
    symlinkSync(join(outside, "secret.patch"), join(folder, "link"));
    symlinkSync(outside, join(folder, "folder"));
    const ways = ["../secret.patch", "/etc/passwd", "a/../../x", "link", "folder/secret.patch", ".."];
    const text = withTasks(...ways.map((path, index) => `{ id: t${index}, patch: ${path} }`));
    const problems = await problemsOf(text, folder);
    expect(problems.map((error) => error.code)).toEqual(ways.map(() => "PLAN_ATTACHMENT_OUTSIDE"));
  });

  test("in the repository is taken, also when the plan lies deeper", async () => {
    const repository = folderWith({ "plans/plan.yaml": patchTask("../patches/x.patch"), "patches/x.patch": patchText });
    const plan = await readPlan(join(repository, "plans/plan.yaml"), { repository });
    expect(plan.workstreams[0]?.tasks[0]).toMatchObject({ patch: { file: join(repository, "patches/x.patch") } });
  });

  test("behind a link that stays inside is taken by its real path", async () => {
    const folder = folderWith({ "real.patch": patchText });
    symlinkSync("real.patch", join(folder, "link.patch"));
    const plan = await parsePlan(patchTask("link.patch"), { file: "plan.yaml", directory: folder });
    expect(plan.workstreams[0]?.tasks[0]).toMatchObject({ patch: { file: join(folder, "real.patch") } });
  });

  test("whose path is no path is refused once", async () => {
    expect((await problemsOf(withTasks('{ id: a, patch: "" }'))).map((error) => error.code)).toEqual([
      "PLAN_BAD_VALUE",
    ]);
    const nul = await problemsOf(withTasks('{ id: a, patch: "a\\0b" }'));
    expect(nul.map((error) => error.code)).toEqual(["PLAN_BAD_VALUE"]);
  });
});

describe("a prompt file", () => {
  const text = withTasks("{ id: a, agent: x, prompt_file: p.md }").replace("name", "tools: { x: { run: x } }\nname");

  test("becomes the prompt", async () => {
    const folder = folderWith({ "p.md": "Split it.\nNäher dran.\n" });
    const plan = await parsePlan(text, { file: "plan.yaml", directory: folder });
    expect(plan.workstreams[0]?.tasks[0]).toMatchObject({ kind: "agent", prompt: "Split it.\nNäher dran.\n" });
  });

  test.each([
    ["missing", {}, "PLAN_ATTACHMENT_MISSING"],
    ["empty", { "p.md": "" }, "PLAN_ATTACHMENT_EMPTY"],
    ["binary", { "p.md": Uint8Array.from([0xff, 0xfe]) }, "PLAN_PROMPT_NOT_UTF8"],
    ["2 MB", { "p.md": "x".repeat(2_000_000) }, "PLAN_ATTACHMENT_TOO_LARGE"],
  ])("that is %s is refused", async (_, files, code) => {
    expect((await problemsOf(text, folderWith(files))).map((error) => error.code)).toEqual([code]);
  });
});
