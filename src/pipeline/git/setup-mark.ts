import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Worktree } from "./worktree.ts";

/** What is remembered, beyond a crash, of the setup of a worktree. */
interface SetUpMark {
  /** Stands for the setup command; empty until it has done its work. */
  readonly by: string;
  /** What it made that .gitignore names, as Latin-1; of a folder that is ignored as a whole, that folder. */
  readonly made: readonly string[];
}

/**
 * Remembers that the setup command has done its work, and what is there by it.
 *
 * @param worktree after its reset
 * @throws GIT_FAILED
 */
export async function markSetUp(worktree: Worktree, setupKey: string): Promise<void> {
  const { made } = await readMark(worktree.gitDir);
  // What is there beside that when it is set up again may be of a task.
  const found = made.length > 0 ? made : await ignoredIn(worktree);
  await writeMark(worktree.gitDir, { by: setupKey, made: found.filter((path) => isThere(worktree.folder, path)) });
}

/**
 * Whether the setup command has done its work in a worktree, and all that it made is there still: a task may have taken
 * some away (`git clean -fdx`, `rm -r node_modules`), and the next one would fail for want of it.
 */
export async function isSetUp(worktree: Pick<Worktree, "folder" | "gitDir">, setupKey: string): Promise<boolean> {
  const { by, made } = await readMark(worktree.gitDir);
  if (by !== setupKey) {
    return false;
  }
  if (made.every((path) => isThere(worktree.folder, path))) {
    return true;
  }
  // A setup that is begun anew and killed half way has them there as well.
  await writeMark(worktree.gitDir, { by: "", made });
  return false;
}

async function ignoredIn(worktree: Worktree): Promise<string[]> {
  const ignored = ["--others", "--ignored", "--exclude-standard", "--directory"];
  const { stdout } = await worktree.git(["ls-files", "-z", ...ignored]);
  return stdout.toString("latin1").split("\0").slice(0, -1);
}

const isThere = (folder: string, path: string): boolean =>
  existsSync(Buffer.concat([Buffer.from(join(folder, "/")), Buffer.from(path, "latin1")]));

const fileOf = (gitDir: string): string => join(gitDir, "pawl-setup");

async function readMark(gitDir: string): Promise<SetUpMark> {
  const text = await readFile(fileOf(gitDir), "latin1").catch(() => "");
  const [by = "", ...made] = text.split("\0");
  return { by, made };
}

const writeMark = (gitDir: string, { by, made }: SetUpMark): Promise<void> =>
  writeFile(fileOf(gitDir), [by, ...made].join("\0"), "latin1");
