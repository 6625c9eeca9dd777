import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorktreeAccess } from "./worktree-access.ts";

/**
 * Remembers, beyond a crash, that the setup command has done its work, and what is there by it.
 *
 * @param worktree with nothing in it but its commit and what the setup made that .gitignore names
 * @throws GIT_FAILED
 */
export async function markSetUp(worktree: WorktreeAccess, setupKey: string): Promise<void> {
  // Of a folder that is ignored as a whole, that folder alone.
  const ignored = ["--others", "--ignored", "--exclude-standard", "--directory"];
  const { stdout } = await worktree.git(["ls-files", "-z", ...ignored]);
  const made = stdout.toString("latin1").split("\0").slice(0, -1);
  await writeFile(fileOf(worktree.gitDir), [setupKey, ...made].join("\0"), "latin1");
}

/**
 * Whether the setup command has done its work in a worktree, and all that it made is there still: a task may have taken
 * some away (`git clean -fdx`, `rm -r node_modules`), and the next one would fail for want of it.
 */
export async function isSetUp(worktree: Omit<WorktreeAccess, "git">, setupKey: string): Promise<boolean> {
  const text = await readFile(fileOf(worktree.gitDir), "latin1").catch(() => "");
  const [by, ...made] = text.split("\0");
  if (by !== setupKey || made.every((path) => isThere(worktree.folder, path))) {
    return by === setupKey;
  }
  // Were the next setup killed half way, all of it might be there as well.
  await rm(fileOf(worktree.gitDir), { force: true });
  return false;
}

const isThere = (folder: string, path: string): boolean =>
  existsSync(Buffer.concat([Buffer.from(join(folder, "/")), Buffer.from(path, "latin1")]));

const fileOf = (gitDir: string): string => join(gitDir, "pawl-setup");
