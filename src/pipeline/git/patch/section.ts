import { type Lines, SectionFault } from "./lines.ts";
import { readName, sameNameOfHeader, utf8Name, withoutPrefix } from "./names.ts";
import type { FileChange } from "./patch.ts";

interface Draft {
  headerName: string | null;
  oldName: string | null;
  newName: string | null;
  oldMode: string | null;
  newMode: string | null;
  status: FileChange["status"];
  binary: boolean;
  added: number;
  removed: number;
  linkText: string;
  hasContent: boolean;
}

const modes = /^(100644|100755|120000|160000)$/;

/**
 * Reads one file's part of a patch, from its `diff --git` line to its last hunk, as strictly as git writes it:
 * whatever git would apply has to be seen here.
 *
 * @throws SectionFault
 */
export function readSection(lines: Lines): FileChange {
  const header = lines.current ?? "";
  if (header.endsWith("\r")) {
    throw lines.fault("lines that end in CR LF; something changed the patch's line ends on its way");
  }
  const draft: Draft = {
    headerName: sameNameOfHeader(header.slice("diff --git ".length)),
    oldName: null,
    newName: null,
    oldMode: null,
    newMode: null,
    status: "modified",
    binary: false,
    added: 0,
    removed: 0,
    linkText: "",
    hasContent: false,
  };
  const start = lines.number;
  lines.next();
  const seen = new Set<string>();
  while (readExtendedHeader(lines, draft, seen)) {
    lines.next();
  }
  const line = lines.current;
  if (line?.startsWith("--- ")) {
    readTextHunks(lines, draft);
  } else if (line === "GIT binary patch") {
    readBinaryHunks(lines, draft);
  } else if (line?.startsWith("Binary files ")) {
    throw lines.fault("a binary file without its content; make the patch with --binary");
  }
  return finish(draft, start);
}

/** Reads one line between `diff --git` and the content; false when it is none. No kind may come twice. */
function readExtendedHeader(lines: Lines, draft: Draft, seen: Set<string>): boolean {
  const [, key, rest = ""] = extendedHeader.exec(lines.current ?? "") ?? [];
  if (key === undefined) {
    return false;
  }
  if (seen.has(key)) {
    throw lines.fault(`a second line "${key}" for one file`);
  }
  seen.add(key);
  switch (key) {
    case "old mode":
      draft.oldMode = readMode(lines, rest);
      break;
    case "new mode":
      draft.newMode = readMode(lines, rest);
      break;
    case "deleted file mode":
      setStatus(lines, draft, "deleted");
      draft.oldMode = readMode(lines, rest);
      break;
    case "new file mode":
      setStatus(lines, draft, "added");
      draft.newMode = readMode(lines, rest);
      break;
    case "rename from":
    case "copy from":
      setStatus(lines, draft, key === "copy from" ? "copied" : "renamed");
      draft.oldName = readMovedName(lines, rest);
      break;
    case "rename to":
    case "copy to":
      setStatus(lines, draft, key === "copy to" ? "copied" : "renamed");
      draft.newName = readMovedName(lines, rest);
      break;
    case "index":
      readIndexMode(lines, draft, rest);
      break;
  }
  return true;
}

const extendedHeader =
  /^(old mode|new mode|deleted file mode|new file mode|rename from|rename to|copy from|copy to|similarity index|dissimilarity index|index) (.*)$/;

function setStatus(lines: Lines, draft: Draft, status: FileChange["status"]): void {
  if (draft.status !== "modified" && draft.status !== status) {
    throw lines.fault(`a file that is both ${draft.status} and ${status}`);
  }
  draft.status = status;
}

function readMode(lines: Lines, text: string): string {
  if (!modes.test(text)) {
    throw lines.fault(`file mode ${text}; git knows 100644, 100755, 120000 and 160000`);
  }
  return text;
}

function readMovedName(lines: Lines, text: string): string {
  const name = readName(text);
  if (name === null || name === "") {
    throw lines.fault("a name that cannot be read");
  }
  return name;
}

/** `index 1234567..89abcde 100644`: the mode stands there when it stays as it is. */
function readIndexMode(lines: Lines, draft: Draft, text: string): void {
  const [, stated] = / (\S+)$/.exec(text) ?? [];
  if (stated === undefined) {
    return;
  }
  if (draft.oldMode !== null || draft.newMode !== null) {
    throw lines.fault("a file mode that is stated twice");
  }
  draft.oldMode = readMode(lines, stated);
  draft.newMode = draft.oldMode;
}

function readTextHunks(lines: Lines, draft: Draft): void {
  const names = [fileLine(lines, "--- "), fileLine(lines, "+++ ")] as const;
  checkFileLines(lines, draft, names);
  let hunks = 0;
  while (lines.current?.startsWith("@@ ")) {
    readHunk(lines, draft);
    hunks += 1;
  }
  if (hunks === 0) {
    throw lines.fault("a hunk (@@ -1 +1 @@) is missing");
  }
  draft.hasContent = true;
}

/** A `---` or `+++` line: the name in it without its prefix, null for /dev/null. */
function fileLine(lines: Lines, start: string): string | null {
  const line = lines.current;
  if (line === null || !line.startsWith(start)) {
    throw lines.fault(`a line that starts with "${start}" is missing`);
  }
  const name = readName(line.slice(start.length));
  lines.next();
  if (name === "/dev/null") {
    return null;
  }
  const path = name === null ? null : withoutPrefix(name);
  if (path === null) {
    throw lines.fault('a name without the prefix "a/" or "b/"');
  }
  return path;
}

function checkFileLines(lines: Lines, draft: Draft, [oldName, newName]: readonly [string | null, string | null]): void {
  const { status } = draft;
  if ((oldName === null) !== (status === "added") || (newName === null) !== (status === "deleted")) {
    throw lines.fault("/dev/null stands for a file that is not said to be new or deleted, or the other way round");
  }
  const moved = status === "renamed" || status === "copied";
  const expected = moved ? [draft.oldName, draft.newName] : [draft.headerName, draft.headerName];
  const wrong = [oldName, newName].some((name, index) => name !== null && name !== expected[index]);
  if (wrong) {
    throw lines.fault("the lines diff --git, --- and +++ name different files");
  }
}

function readHunk(lines: Lines, draft: Draft): void {
  const match = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(lines.current ?? "");
  if (match === null) {
    throw lines.fault("a hunk header that cannot be read");
  }
  const header = lines.number;
  let removed = Number(match[1] ?? 1);
  let added = Number(match[2] ?? 1);
  lines.next();
  while (removed > 0 || added > 0) {
    const line = lines.current;
    const sign = line === "" ? " " : line?.[0];
    if (sign === "+") {
      added -= 1;
      draft.added += 1;
      draft.linkText = line?.slice(1) ?? "";
    } else if (sign === "-") {
      removed -= 1;
      draft.removed += 1;
    } else if (sign === " " && draft.newMode !== "120000") {
      added -= 1;
      removed -= 1;
    } else if (sign !== "\\") {
      throw new SectionFault(header, "a hunk that is cut short, or whose header counts wrongly");
    }
    if (added < 0 || removed < 0) {
      throw new SectionFault(header, "a hunk that is longer than its header says");
    }
    lines.next();
  }
  if (lines.current?.startsWith("\\")) {
    lines.next();
  }
}

/** One or two blocks of base 85: the new content, and the old one for the way back. */
function readBinaryHunks(lines: Lines, draft: Draft): void {
  lines.next();
  let blocks = 0;
  while (blocks < 2 && /^(literal|delta) \d+$/.test(lines.current ?? "")) {
    lines.next();
    while (/^[A-Za-z][!-~]+$/.test(lines.current ?? "")) {
      lines.next();
    }
    if (lines.current !== null && lines.current !== "") {
      throw lines.fault("binary content that cannot be read");
    }
    lines.next();
    blocks += 1;
  }
  if (blocks === 0) {
    throw lines.fault("binary content is missing");
  }
  draft.binary = true;
  draft.hasContent = true;
}

function finish(draft: Draft, start: number): FileChange {
  const { status, binary, added, removed } = draft;
  const moved = status === "renamed" || status === "copied";
  const oldBytes = moved ? draft.oldName : draft.headerName;
  const newBytes = moved ? draft.newName : draft.headerName;
  if (oldBytes === null || newBytes === null) {
    throw new SectionFault(start, "names that cannot be read from the line diff --git");
  }
  const changesMode = draft.oldMode !== draft.newMode;
  if (status === "modified" && !draft.hasContent && !changesMode) {
    throw new SectionFault(start, "a file without any change");
  }
  const oldMode = status === "added" ? null : draft.oldMode;
  const newMode = status === "deleted" ? null : (draft.newMode ?? draft.oldMode);
  if (oldMode !== null && newMode !== null && oldMode.slice(0, 3) !== newMode.slice(0, 3)) {
    throw new SectionFault(start, "a file that becomes a symlink, a submodule or the other way round in one step");
  }
  const link = newMode === "120000";
  if (link && (binary || added > 1 || removed > 1)) {
    throw new SectionFault(start, "a symlink whose target is not one line of text");
  }
  return {
    status,
    oldPath: status === "added" ? null : path(oldBytes, start),
    newPath: status === "deleted" ? null : path(newBytes, start),
    oldMode,
    newMode,
    binary,
    added,
    removed,
    linkTarget: link && draft.hasContent ? path(draft.linkText, start) : null,
  };
}

function path(bytes: string, line: number): string {
  const text = utf8Name(bytes);
  if (text === null) {
    throw new SectionFault(line, "a name that is not UTF-8");
  }
  return text;
}
