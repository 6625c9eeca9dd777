import type { Sha } from "./repository.ts";
import type { Worktree } from "./worktree.ts";

const asGitMakesPatches = [
  "--patch",
  "--binary",
  "--full-index",
  "--find-renames",
  "--no-color",
  "--no-ext-diff",
  "--no-textconv",
  "--src-prefix=a/",
  "--dst-prefix=b/",
];

/**
 * What was changed in a worktree since it was set to `base`, as a patch of git; null when nothing was. Only the files
 * count: commits of a task's own, another branch or a lost `.git` change nothing. New files are taken, ignored ones not.
 *
 * @throws GIT_FAILED, GIT_OUTPUT_TOO_LARGE
 */
export async function capturePatch(worktree: Worktree, base: Sha): Promise<Buffer | null> {
  worktree.markTouched();
  await worktree.git(["add", "--all", "--", "."]);
  const { stdout } = await worktree.git(["diff-index", "--cached", ...asGitMakesPatches, base, "--"]);
  return stdout.length === 0 ? null : stdout;
}
