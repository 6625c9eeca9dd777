import { existsSync, statSync } from "node:fs";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Puts a worktree's own settings back to those that `git worktree add` took over from the user's checkout, where git
 * keeps some for each worktree (`extensions.worktreeConfig`). A task may have set others (`git config --worktree`, `git
 * sparse-checkout`), by which the next one would work. To be called before the first command has the worktree, too.
 *
 * @param gitDir git's own folder of the worktree
 */
export async function restoreSettings(gitDir: string): Promise<void> {
  const [settings, kept] = [join(gitDir, "config.worktree"), join(gitDir, "pawl-config.worktree")];
  if (!existsSync(kept)) {
    await (existsSync(settings) ? copyFile(settings, kept) : writeFile(kept, ""));
    return;
  }
  if (existsSync(settings)) {
    await rm(settings, { recursive: true });
  }
  if (statSync(kept).size > 0) {
    await copyFile(kept, settings);
  }
}
