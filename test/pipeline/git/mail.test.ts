import { describe, expect, test } from "vitest";
import { commitPatch, createBranch, parsePatch } from "../../../src/pipeline/git/index.ts";
import { git, setting } from "./setting.fixture.ts";

const diff = "---\n\ndiff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n";

/** What git says of a commit that was made with author, date and message of a mail. */
async function committedAs(from: string, date: string): Promise<string> {
  const { repository, pool, start } = await setting();
  const { mail } = parsePatch(Buffer.from(`From: ${from}\nDate: ${date}\nSubject: s\n\n${diff}`), "p");
  await createBranch(repository, "work", { run: "R1", store: "S" }, start);
  const commit = await commitPatch(repository, await pool.acquire(start), {
    branch: "work",
    parent: start,
    message: mail?.message ?? "",
    author: mail?.author,
    date: mail?.date ?? undefined,
    trailers: {},
  });
  return git(repository.root, "log", "-1", "--format=%an <%ae> %ad", "--date=format:%Y", commit);
}

const thisYear = String(new Date().getUTCFullYear());
const usual = "Mon, 1 Jan 2024 00:00:00 +0000";

describe("whatever stands in a mail can be committed, or is refused at once", () => {
  test.each([
    ["of the usual form", usual, "2024"],
    ["with the name of its zone", `${usual} (UTC)`, "2024"],
    ["without a time", "1 Jan 2024", thisYear],
    ["of a year alone", "2024", thisYear],
    ["before 1970", "Thu, 1 Jan 1960 00:00:00 +0000", thisYear],
    ["far in the future", "Fri, 31 Dec 9999 00:00:00 +0000", thisYear],
    ["with a name of its zone that no variable holds", `${usual} (${"U".repeat(200_000)})`, thisYear],
  ])("a date %s", async (_, date, year) => {
    expect(await committedAs("Ann <ann@example.com>", date)).toBe(`Ann <ann@example.com> ${year}`);
  });

  test.each([
    ["without a name", "<ann@example.com>", "ann@example.com <ann@example.com>"],
    ["whose name is a dot", ". <ann@example.com>", "ann@example.com <ann@example.com>"],
    ["with a NUL in the name", "=?UTF-8?q?A=00nn?= <ann@example.com>", "Ann <ann@example.com>"],
    ["in quotes", '"Ann, \\"the\\" O\'Neil" <ann@example.com>', 'Ann, "the" O\'Neil <ann@example.com>'],
    ["whose address stands as it is next to an encoded word", "=?UTF-8?q?J=C3=B6rg?= <j@ö.de>", "Jörg <j@ö.de>"],
    ["whose letters are split between two words", "=?UTF-8?q?J=C3?= =?UTF-8?q?=B6rg?= <j@x>", "Jörg <j@x>"],
  ])("an author %s", async (_, from, shown) => {
    expect(await committedAs(from, usual)).toBe(`${shown} 2024`);
  });

  test.each(["<>", '"" <>', ". <;>"])("nobody as author: %s", async (from) => {
    await expect(committedAs(from, usual)).rejects.toMatchObject({ code: "PATCH_MALFORMED" });
  });
});

test.each([
  ["a name", `${"n".repeat(200_000)} <ann@example.com>`],
  ["an address", `Ann <${"a".repeat(200_000)}@example.com>`],
])("an author with %s that git could not be told of is refused at once", async (_, from) => {
  await expect(committedAs(from, usual)).rejects.toMatchObject({
    code: "PATCH_MALFORMED",
    message: expect.stringMatching(/author has 200\d+ characters, and 1000 are allowed/),
  });
});

describe("a mail is known", () => {
  const headers = "From: Zoë\n <zoe@example.test>\nSubject: [PATCH] Count\n";
  const author = { name: "Zoë", email: "zoe@example.test" };

  test.each([
    ["as a mail program saves it", `Delivered-To: uma@x\nARC-Seal: i=1;\n b=${"x".repeat(9000)}\n${headers}`],
    ["with line ends of mails", `X-Folder: in\n${headers}`.replaceAll("\n", "\r\n")],
    ["in a mailbox of another program", `From zoe@x Thu Jan  1 00:00:00 1970\nReceived: by x\n${headers}`],
  ])("%s", (_, head) => {
    const { mail } = parsePatch(Buffer.from(`${head}\n${diff}`), "p");
    expect(mail).toMatchObject({ author, message: "Count" });
  });

  test.each([
    ["with other notes at its top", `Description: a patch\nFrom: Zoë <zoe@x>\n\n${diff}`],
    ["of git show", `commit 0123\nAuthor: Zoë <zoe@x>\nDate: now\n\n    Subject: x\n\n${diff}`],
  ])("from a patch %s", (_, text) => {
    expect(parsePatch(Buffer.from(text), "p").mail).toBeNull();
  });

  const start = `From ${"0".repeat(40)} Mon Sep 17 00:00:00 2001\n`;
  const base64 = (text: string): string => Buffer.from(text).toString("base64").replace(/.{76}/g, "$&\n");

  test.each([
    ["in the mailbox of another program", `From zoe@x Thu Jan  1 00:00:00 1970\n${headers}\n${diff}`],
    ["where their bodies are base64", `${start}${headers}Content-Transfer-Encoding: base64\n\n${base64(diff)}\n`],
    [
      "where their bodies are quoted-printable",
      `${start}${headers}Content-Transfer-Encoding: quoted-printable\n\n${diff}`,
    ],
    ["where the first one is a cover letter", `${start}${headers}\nAll of them.\n`],
  ])("from the next one %s", (_, one) => {
    for (const next of [one, `${start}${headers}\n${diff}`]) {
      expect(() => parsePatch(Buffer.from(`${one}\n${next}`), "p")).toThrow(
        expect.objectContaining({ code: "PATCH_SERIES" }),
      );
    }
  });

  test.each([
    ["in base64, said in capitals", "Content-Transfer-Encoding: BASE64\n", base64(`Grüße\n${diff}`)],
    ["in lines that are broken", "Content-Transfer-Encoding: quoted-printable\n", `Gr=C3=\n=BC=C3=9Fe\n${diff}`],
    ["with another charset", "Content-Type: text/plain; charset=iso-8859-1\n", Buffer.from(`Grüße\n${diff}`, "latin1")],
    ["with a charset that nobody knows", "Content-Type: text/plain; charset=x-none\n", `Grüße\n${diff}`],
    ["without the line before its patch", "", `Grüße\n\n${diff.replace("---\n\n", "")}`],
    ["with a NUL", "", `Grü\0ße\n${diff}`],
  ])("by its text %s", (_, header, body) => {
    const { mail, files } = parsePatch(Buffer.concat([Buffer.from(`${headers}${header}\n`), Buffer.from(body)]), "p");
    expect([mail?.message, files.length]).toEqual(["Count\n\nGrüße", 1]);
  });

  test("by subject and date at the top of its text, of somebody else who sends it", () => {
    const inBody = `From: Ann <ann@x>\nSubject: [PATCH] Sum\nDate: ${usual}\n\nWhy.\n`;
    const { mail } = parsePatch(Buffer.from(`${headers}Date: Tue, 2 Jan 2024 00:00:00 +0000\n\n${inBody}${diff}`), "p");
    expect(mail).toEqual({ author: { name: "Ann", email: "ann@x" }, date: usual, message: "Sum\n\nWhy." });
  });

  test.each([
    ["Re: [PATCH v2 1/3] Count", "Count"],
    ["[2/3] Count", "Count"],
    ["[core] Count", "[core] Count"],
    ["=?UTF-8?q?Z=C3=A4hle_auf?=", "Zähle auf"],
  ])("by its subject: %s", (subject, message) => {
    const text = headers.replace("[PATCH] Count", subject);
    expect(parsePatch(Buffer.from(`${text}\n${diff}`), "p").mail?.message).toBe(message);
  });

  test("by the first of two subjects, and by an address alone", () => {
    const text = headers.replace("Zoë\n <zoe@example.test>", "zoe@example.test");
    const { mail } = parsePatch(Buffer.from(`${text}Subject: Other\n\n${diff}`), "p");
    expect(mail).toMatchObject({ author: { name: "zoe@example.test", email: "zoe@example.test" }, message: "Count" });
  });

  test("with a line in its message that looks like the next one's", () => {
    const text = `From ${"0".repeat(40)} on it is slow, since 12:00:00 in 2023\nand so on.`;
    expect(parsePatch(Buffer.from(`${headers}\n${text}\n${diff}`), "p").mail?.message).toBe(`Count\n\n${text}`);
  });
});

describe("no patch is read for longer than its size calls for", () => {
  const many = (text: string) => text.repeat(60_000 / text.length);
  const headers = "From: Ann <ann@example.com>\nSubject: s\n";

  test.each([
    [
      "with a folded header at the top of its body",
      `${headers}\nSubject: t\n${`${" ".repeat(30)}a\n`.repeat(6)}text\n`,
    ],
    ["whose subject opens a bracket", `From: Ann <ann@example.com>\nSubject: [${many("1")}\n\n`],
    ["whose author has many signs", `From: ${many("@")} x\nSubject: s\n\n`],
    ["with blanks in a header", `${headers}X:${many(" ")}\rx\n\n`],
    ["with blanks in its encoded body", `${headers}Content-Transfer-Encoding: quoted-printable\n\n${many(" ")}x\n`],
    ["with many times in a line", `${headers}\nFrom x ${many("00:00:00 ")}\n`],
    ["that begins with many times", `From x ${many("00:00:00 ")}\n`],
    ["whose names are many blanks", `diff --git a/${many(" ").repeat(20)}\n`],
  ])("%s", (_, start) => {
    const begun = performance.now();
    try {
      parsePatch(Buffer.from(`${start}${diff}`), "p");
    } catch (error) {
      expect(error).toMatchObject({ code: "PATCH_MALFORMED" });
    }
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});
