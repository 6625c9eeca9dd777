import { PawlError } from "../../base/errors/index.ts";
import { gitFailed } from "./process.ts";
import type { Sha } from "./repository.ts";
import { leaveUnwritten } from "./unwritten.ts";
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

/** Without a commit git refuses it; with one it warns, and would take the number of that commit for its files. */
const nestedRepository = [
  /^error: '(.+?)\/?' does not have a commit checked out$/m,
  /^warning: adding embedded git repository: (.+?)\/?$/m,
];

/** Of a folder git only warns, and leaves it out. */
const unreadable = [/^warning: could not open directory '(.+?)\/?': (.+)$/m, /^error: open\("(.+)"\): (.+)$/m];

/**
 * What was changed in a worktree since it was set to `base`, as a patch of git; null when nothing was. Only the files
 * count: commits of a task's own, another branch or a lost `.git` change nothing. New files are taken, ignored ones not;
 * of those that were there, the ones whose bytes are others.
 *
 * @throws NESTED_REPOSITORY, FILE_UNREADABLE, GIT_FAILED, GIT_FILTER_FAILED, GIT_OUTPUT_TOO_LARGE
 */
export async function capturePatch(worktree: Worktree, base: Sha): Promise<Buffer | null> {
  worktree.markTouched();
  const { exit, stderr } = await worktree.git(["add", "--all", "--", "."], { answers: [0, 128] });
  const [, nested] = saidIn(stderr, nestedRepository);
  if (nested !== undefined) {
    throw new PawlError("NESTED_REPOSITORY", { path: nested });
  }
  const [, path, detail] = saidIn(stderr, unreadable);
  if (path !== undefined && detail !== undefined) {
    throw new PawlError("FILE_UNREADABLE", { path, detail });
  }
  if (exit !== 0) {
    throw gitFailed({ cwd: worktree.folder, args: ["add"] }, exit, stderr);
  }
  if (!(await leaveUnwritten(worktree, base))) {
    return null;
  }
  const { stdout } = await worktree.git(["diff-index", "--cached", ...asGitMakesPatches, base, "--"]);
  return stdout.length === 0 ? null : stdout;
}

/** The first of these sentences that git said, with its parts; none of them: nothing. */
function saidIn(stderr: string, sentences: readonly RegExp[]): readonly string[] {
  return sentences.map((sentence) => sentence.exec(stderr)).find((found) => found !== null) ?? [];
}
