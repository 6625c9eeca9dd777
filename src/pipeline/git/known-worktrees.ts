import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import type { WorktreeAccess } from "./worktree-access.ts";

interface KnownWorktree {
  readonly folder: string;
  /** Git's own folder of it. */
  readonly gitDir: string;
  readonly halfMade: boolean;
}

/**
 * Git's list of linked worktrees, read from its own folder: `git worktree list` says nothing of the place of each
 * one's git folder, and `git worktree prune` would also forget worktrees of the user on a drive that is not there.
 */
export async function knownWorktrees(commonDir: string): Promise<KnownWorktree[]> {
  const all = join(commonDir, "worktrees");
  const names = await readdir(all).catch(() => []);
  return await Promise.all(
    names.map(async (name) => {
      const gitDir = join(all, name);
      const gitFile = (await readFile(join(gitDir, "gitdir"), "utf8").catch(() => "")).trim();
      const locked = await readFile(join(gitDir, "locked"), "utf8").catch(() => "");
      const head = await readFile(join(gitDir, "HEAD"), "utf8").catch(() => "");
      // Git locks a worktree with this reason while it makes it. Newer git may write places relative to each other.
      return {
        folder: resolve(gitDir, gitFile, ".."),
        gitDir,
        halfMade: locked.startsWith("initializing") || head === "",
      };
    }),
  );
}

/**
 * Has git forget the worktrees that a command made inside of another one, and that went with what it left: git would
 * neither make one in the same place again nor check out their branches elsewhere.
 */
export async function forgetWorktreesIn(worktree: Omit<WorktreeAccess, "git">): Promise<void> {
  for (const { folder, gitDir } of await knownWorktrees(resolve(worktree.gitDir, "../.."))) {
    if (folder.startsWith(worktree.folder + sep) && !existsSync(folder)) {
      await rm(gitDir, { recursive: true, force: true });
    }
  }
}
