import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Worktree } from "./worktree.ts";

/**
 * Leaves the branch that a command switched a worktree to, at the commit where it is. Git lets nobody else check out a
 * branch that a worktree is on, and one of Pawl's own could not be moved.
 */
export async function leaveBranch(worktree: Worktree): Promise<void> {
  const head = join(worktree.gitDir, "HEAD");
  if (!namesBranch(head)) {
    return;
  }
  const found = worktree.git(["rev-parse", "--quiet", "--verify", "HEAD"]);
  // A branch without a commit is none yet; and where the files are gone, git does not begin.
  const commit = await found.then(({ stdout }) => stdout.toString().trim()).catch(() => worktree.commit);
  if (commit !== null) {
    // In one step: another git may look at it in this moment.
    await writeFile(`${head}.pawl`, `${commit}\n`);
    await rename(`${head}.pawl`, head);
  }
}

/** After each command: a read that is awaited costs several times as much. */
function namesBranch(head: string): boolean {
  try {
    return readFileSync(head, "utf8").startsWith("ref:");
  } catch {
    return false;
  }
}
