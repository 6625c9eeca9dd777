import { createHash } from "node:crypto";
import { PawlError } from "../../../base/errors/index.ts";
import { Lines, SectionFault } from "./lines.ts";
import { beginsMail, beginsMailAmidText, isMail, MailFault, readMail } from "./mail.ts";
import type { FileChange, Patch } from "./patch.ts";
import { readSection } from "./section.ts";

/**
 * Reads a patch as `git diff` or `git format-patch` make it. Text around the files' parts is passed over.
 *
 * @param name what errors call it: a file name or the id of a ledger entry
 * @throws PATCH_EMPTY, PATCH_MALFORMED (with file and line), PATCH_SERIES
 */
export function parsePatch(bytes: Buffer, name: string): Patch {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  let linesBefore: number | null = 0;
  try {
    const mail = isMail(bytes) ? readMail(bytes) : null;
    linesBefore = mail === null ? 0 : mail.linesBefore;
    const content = mail?.content ?? bytes;
    const { files, diff } = mail?.isFollowed === true ? noSections : readSections(content, mail !== null);
    if (files === null) {
      throw new PawlError("PATCH_SERIES", { patch: name }, { at: { file: name } });
    }
    if (files.length === 0) {
      throw nothingFound(bytes, name);
    }
    const sum = (count: (file: FileChange) => number) => files.reduce((total, file) => total + count(file), 0);
    return {
      bytes,
      sha256,
      diff,
      mail: mail?.mail ?? null,
      files,
      added: sum((file) => file.added),
      removed: sum((file) => file.removed),
    };
  } catch (cause) {
    if (cause instanceof SectionFault || cause instanceof MailFault) {
      const line = cause instanceof SectionFault && linesBefore !== null ? linesBefore + cause.line : undefined;
      throw new PawlError(
        "PATCH_MALFORMED",
        { patch: name, detail: cause.message },
        { at: { file: name, line }, cause },
      );
    }
    throw cause;
  }
}

const noSections = { files: null, diff: Buffer.alloc(0) };

/** The files' parts, one after the other; files are null when a second mail begins behind the first one. */
function readSections(content: Buffer, mail: boolean): { readonly files: FileChange[] | null; readonly diff: Buffer } {
  const text = content.toString("latin1");
  const lines = new Lines(text);
  const files: FileChange[] = [];
  const parts: string[] = [];
  // Of a large patch, and most are nothing but their parts, a copy would cost its size twice.
  let isAsItIs = true;
  for (let line = lines.current; line !== null; line = lines.current) {
    if (line.startsWith("diff --git ")) {
      const start = lines.offset;
      files.push(readSection(lines));
      const part = text.slice(start, lines.offset);
      const endsLine = part.endsWith("\n");
      parts.push(endsLine ? part : `${part}\n`);
      isAsItIs &&= endsLine;
    } else if (mail && beginsMail(line) && (files.length > 0 || beginsMailAmidText(lines.ahead(longestHeader)))) {
      return noSections;
    } else {
      refuseOtherForms(line, lines);
      lines.next();
      isAsItIs = false;
    }
  }
  return { files, diff: isAsItIs ? content : Buffer.from(parts.join(""), "latin1") };
}

/** Changes in a form that is not read here must not be passed over as text: a part of the patch would be lost. */
function refuseOtherForms(line: string, lines: Lines): void {
  if (/^diff --(cc|combined) /.test(line)) {
    throw lines.fault("a combined diff, of a merge or its conflicts; make the patch against one commit");
  }
  if (line.startsWith("--- ") && /^--- [^\n]+\n\+\+\+ [^\n]+\n@@ -\d/.test(lines.ahead(longestHeader))) {
    throw lines.fault('a file\'s part without its line "diff --git"; make the patch with git diff');
  }
}

/** Characters of a `---` and a `+++` line. */
const longestHeader = 10_000;

function nothingFound(bytes: Buffer, name: string): PawlError {
  // A mail of an empty commit has the line of a diffstat, and no more.
  if (bytes.toString("latin1").trim() === "" || isMail(bytes)) {
    return new PawlError("PATCH_EMPTY", { patch: name }, { at: { file: name } });
  }
  const detail = 'no line starts with "diff --git"';
  return new PawlError("PATCH_MALFORMED", { patch: name, detail }, { at: { file: name, line: 1 } });
}
