import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import { sep } from "node:path";
import type { Sha } from "./repository.ts";
import type { Worktree } from "./worktree.ts";

/** A file that the index has otherwise than the commit. */
interface Modified {
  /** As the index has it. */
  readonly mode: string;
  /** As the commit has it. */
  readonly blob: Sha;
  /** Its bytes as Latin-1. */
  readonly path: string;
}

/**
 * Puts files back into the index as `base` has them whose bytes nobody changed. Where .gitattributes has them committed
 * otherwise than they are (line ends, a filter), git takes them for changed when it reads them, and whether it does
 * depends on the millisecond in which they were checked out.
 *
 * @returns false where the index is that of `base` anyway
 * @throws GIT_FAILED
 */
export async function leaveUnwritten(worktree: Worktree, base: Sha): Promise<boolean> {
  const { stdout } = await worktree.git(["diff-index", "--cached", "--raw", "--no-abbrev", "-z", base, "--"]);
  const folder = Buffer.from(worktree.folder + sep);
  const entries: string[] = [];
  for (const { mode, blob, path } of modifiedFiles(stdout)) {
    if (await isUnwritten(Buffer.concat([folder, Buffer.from(path, "latin1")]), blob)) {
      entries.push(`${mode} ${blob}\t${path}\0`);
    }
  }
  if (entries.length > 0) {
    await worktree.git(["update-index", "-z", "--index-info"], { input: Buffer.from(entries.join(""), "latin1") });
  }
  return stdout.length > 0;
}

/** `:100644 100755 <blob> <blob> M`, a NUL, the path, a NUL, and so on. What is no file before and after is left out. */
function modifiedFiles(raw: Buffer): Modified[] {
  const parts = raw.toString("latin1").split("\0");
  return parts.flatMap((part, index) => {
    const [, mode, blob] = index % 2 === 0 ? (/^:100\d+ (100\d+) (\S+) \S+ M$/.exec(part) ?? []) : [];
    return mode === undefined || blob === undefined ? [] : [{ mode, blob, path: parts[index + 1] ?? "" }];
  });
}

/** Whether a file has the very bytes of a blob. */
async function isUnwritten(file: Buffer, blob: Sha): Promise<boolean> {
  try {
    const { size } = await lstat(file);
    const hash = createHash(blob.length === 40 ? "sha1" : "sha256").update(`blob ${size}\0`);
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk as Buffer);
    }
    return hash.digest("hex") === blob;
  } catch {
    return false;
  }
}
