import type { PatchMail } from "./patch.ts";

/** Why a mail cannot be read. */
export class MailFault extends Error {}

/** Headers of a mail that went through many hands; signatures of servers are long. */
const searchedBytes = 64 * 1024;

/** Name and address together. Git is told of them by variables, and the system starts nothing with one of 128 KiB. */
const longestAuthor = 1_000;

/**
 * Whether the text starts like a mail: with a `From …` line, with a header that only mails begin with, or with any
 * headers, as a mail program saves them, that say author and subject.
 */
export function isMail(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, searchedBytes)).toString("latin1").trimStart();
  if (beginsMail(start) || /^(From|Subject|Date|Message-I[Dd]|Return-Path|MIME-Version): /.test(start)) {
    return true;
  }
  const [block] = /^(?:[!-9;-~]+:(?:[ \t].*)?\r?\n(?:[ \t].*\r?\n)*)+(?=\r?\n)/.exec(start) ?? [];
  const headers = readHeaders(block ?? "");
  return headers.has("subject") && headers.get("from")?.includes("@") === true;
}

// Patches come from anybody, so no expression here may take longer than in proportion to the text: what could match in
// many ways stands in a look-ahead, which is not tried again.
const time = String.raw`(?=(?<untilTime>.*?\d\d:\d\d:\d\d ))\k<untilTime>`;
const firstLine = new RegExp(String.raw`^From (?:[0-9a-f]{40,64} |\S+ ${time}.*\d{4})`);
const firstLineAndHeader = new RegExp(String.raw`^From \S+ ${time}.*\d{4}\r?\n[!-9;-~]+:`);

/** The line between two mails of one file: `From`, whose or which commit, and a date. */
export function beginsMail(line: string): boolean {
  return firstLine.test(line);
}

/** The same line in a message, where people may write anything: it has a date, and a header comes next. */
export function beginsMailAmidText(text: string): boolean {
  return firstLineAndHeader.test(text);
}

/**
 * Reads a mail of `git format-patch`, sent or not.
 *
 * @returns author and message, the decoded body with the diff, and how many lines stand before that body; null where
 *   its lines are not those of the mail, because it was encoded. `isFollowed` where another mail comes after the encoded
 *   body, in which it cannot be seen
 * @throws MailFault for mails with attachments, and without author or subject
 */
export function readMail(bytes: Buffer): {
  readonly mail: PatchMail;
  readonly content: Buffer;
  readonly linesBefore: number | null;
  readonly isFollowed: boolean;
} {
  const { headers, body, linesBefore } = splitHeaders(bytes);
  const type = headers.get("content-type") ?? "";
  if (/^multipart\//i.test(type)) {
    throw new MailFault("a mail with attachments; make it without --attach and --inline");
  }
  const encoding = (headers.get("content-transfer-encoding") ?? "8bit").toLowerCase().trim();
  const content = decodeBody(body, encoding);
  const charset = /charset="?([^";\s]+)/i.exec(type)?.[1] ?? "utf-8";
  const text = decodeText(beforeDiff(content), charset);
  const inBody = readInBodyHeaders(text);
  const from = inBody.headers.get("from") ?? headers.get("from");
  const author = from === undefined ? null : readAddress(decodeWords(from));
  if (author === null) {
    throw new MailFault("a mail without an author (From: Name <address>)");
  }
  const authorLength = author.name.length + author.email.length;
  if (authorLength > longestAuthor) {
    throw new MailFault(`a mail whose author has ${authorLength} characters, and ${longestAuthor} are allowed`);
  }
  const subject = cleanSubject(decodeWords(inBody.headers.get("subject") ?? headers.get("subject") ?? ""));
  const message = `${subject}\n\n${inBody.rest.trim()}`.trim().replaceAll("\0", "");
  if (message === "") {
    throw new MailFault("a mail without subject and text");
  }
  const date = readDate(inBody.headers.get("date") ?? headers.get("date"));
  return {
    mail: { author, date, message },
    content,
    linesBefore: content === body ? linesBefore : null,
    isFollowed: encoding === "base64" && new RegExp(firstLine, "m").test(body.toString("latin1")),
  };
}

function splitHeaders(bytes: Buffer): { headers: Map<string, string>; body: Buffer; linesBefore: number } {
  const text = bytes.toString("latin1");
  const [whole = text] = /^\s*[\s\S]*?(?:\r?\n\r?\n|$)/.exec(text) ?? [];
  // What is not in encoded words is UTF-8, next to them too.
  const block = bytes.subarray(0, whole.length).toString("utf8");
  return {
    headers: readHeaders(block.trimStart()),
    body: bytes.subarray(whole.length),
    linesBefore: whole.split("\n").length - 1,
  };
}

/** Names in lower case, folded lines joined. The first of two with one name counts. */
function readHeaders(block: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of block.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const [, name, value] = /^([!-9;-~]+):([^\r\n]*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !headers.has(name.toLowerCase())) {
      headers.set(name.toLowerCase(), value.trim());
    }
  }
  return headers;
}

function decodeBody(body: Buffer, encoding: string): Buffer {
  switch (encoding) {
    case "quoted-printable":
      return quotedPrintable(
        body
          .toString("latin1")
          .replace(/(?<![ \t])[ \t]*=\r?\n/g, "")
          .replace(/\r\n/g, "\n"),
      );
    case "base64":
      return Buffer.from(body.toString("latin1"), "base64");
    default:
      return body;
  }
}

function quotedPrintable(text: string): Buffer {
  const bytes = text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1");
}

/** The part of the body that is message: up to the line `---` or the first diff. */
function beforeDiff(content: Buffer): Buffer {
  const text = content.toString("latin1");
  const end = /^(?:---[ \t]*\r?$|diff --git )/m.exec(text)?.index ?? text.length;
  return content.subarray(0, end);
}

/** `git format-patch --from` and `git send-email` put the author of somebody else's commit at the top of the body. */
function readInBodyHeaders(text: string): { headers: Map<string, string>; rest: string } {
  const [block] = /^\s*(?:(?:From|Date|Subject): .*\r?\n(?:[ \t].*\r?\n)*)+(?:\r?\n|$)/.exec(text) ?? [];
  return block === undefined
    ? { headers: new Map(), rest: text.replaceAll("\r\n", "\n") }
    : { headers: readHeaders(block.trimStart()), rest: text.slice(block.length).replaceAll("\r\n", "\n") };
}

/** `[PATCH 2/3] fix` → `fix`; other brackets are the author's own. */
function cleanSubject(subject: string): string {
  return subject.replace(/^(?:\s*(?:re:|\[(?=[^\]]*(?:PATCH|\d\/\d))[^\]]*\]))+/i, "").trim();
}

function readAddress(from: string): PatchMail["author"] | null {
  const [, name, email] = /^(.*)<([^<>]*)>\s*$/.exec(from) ?? /^()(?=.+@.)([^\s<>]+)$/.exec(from.trim()) ?? [];
  if (name === undefined || email === undefined) {
    return null;
  }
  const [, quoted] = /^"(.*)"$/.exec(name.trim()) ?? [];
  const address = plainName(email);
  const named = [plainName(quoted?.replace(/\\(.)/g, "$1") ?? name), address].find(isNameToGit);
  return named === undefined ? null : { name: named, email: address };
}

/** A NUL could not be handed to git at all. */
function plainName(text: string): string {
  return text.replace(/\p{Cc}/gu, "").trim();
}

/** Git takes these off both ends of a name, and refuses to commit for what is left of nothing. */
function isNameToGit(name: string): boolean {
  return !/^[\s.,:;<>"'\\]*$/.test(name);
}

const mailDate =
  /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|GMT|UTC)(?: \(\w{1,30}\))?$/;
const [firstDateMs, lastDateMs] = [Date.UTC(1970, 0, 2), Date.UTC(2099, 11, 31)];

/** The date if git takes it too: it knows the years from 1970 to 2099, and asks for time and zone. */
function readDate(date: string | undefined): string | null {
  const ms = date !== undefined && mailDate.test(date) ? Date.parse(date) : Number.NaN;
  return date !== undefined && ms >= firstDateMs && ms < lastDateMs ? date : null;
}

/** RFC 2047: `=?UTF-8?q?J=C3=B6rg?=`. White space between two encoded words is none. */
function decodeWords(text: string): string {
  const joined = text.replace(/(\?=)\s+(=\?)/g, "$1$2");
  const word = /=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi;
  // Neighbours are decoded as one text: a letter's bytes may be split between them.
  return joined.replace(new RegExp(`(?:${word.source})+`, "gi"), (run) => {
    const words = [...run.matchAll(word)];
    const bytes = words.map(([, , kind = "", data = ""]) =>
      kind.toLowerCase() === "b" ? Buffer.from(data, "base64") : quotedPrintable(data.replaceAll("_", " ")),
    );
    return decodeText(Buffer.concat(bytes), words[0]?.[1] ?? "utf-8");
  });
}

function decodeText(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString("utf8");
  }
}
