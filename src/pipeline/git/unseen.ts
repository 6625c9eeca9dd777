import { readdirSync } from "node:fs";
import { realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Sha } from "./repository.ts";
import type { WorktreeAccess } from "./worktree-access.ts";

/**
 * Takes away what git's own cleaning passes over in folders that have files that are committed: pipes and sockets, and
 * what `git init` left. After the checkout: before it, a folder may be a link to somebody else's.
 *
 * @throws GIT_FAILED
 */
export async function removeUnseen(worktree: WorktreeAccess, commit: Sha): Promise<void> {
  const { stdout } = await worktree.git(["ls-tree", "-r", "-d", "-z", "--name-only", commit]);
  // The last one is empty: the top.
  for (const name of stdout.toString().split("\0")) {
    const folder = join(worktree.folder, name);
    const unseen = unseenIn(folder).filter((entry) => name !== "" || entry !== ".git");
    if (unseen.length > 0 && (await realpath(folder)) === folder) {
      await Promise.all(unseen.map((entry) => rm(join(folder, entry), { recursive: true, force: true })));
    }
  }
}

/** A tree has many folders: to await each one would take several times as long. Of what cannot be read git says so. */
function unseenIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.name === ".git" || entry.isFIFO() || entry.isSocket())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
