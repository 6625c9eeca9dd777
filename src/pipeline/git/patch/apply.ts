import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { GitAnswer } from "../process.ts";
import type { Worktree } from "../worktree.ts";
import type { Patch } from "./patch.ts";

/** Whether a patch went in; a patch that does not is an outcome, not an error. */
export type ApplyOutcome = { readonly applied: true } | { readonly applied: false; readonly reason: string };

const longestReason = 500;
const nothingToChange = "it applies to nothing: all that it changes is so already";

/**
 * Applies a patch to a worktree and to its index: by a three-way merge where git has the files that it was made from and
 * they have changed since, else exactly. The merge comes first: lines that stand in a file several times would
 * let a patch apply to the wrong ones. What does not apply leaves nothing behind.
 *
 * @param worktree at the commit that the patch is to be applied to
 * @throws GIT_FAILED
 */
export async function applyPatch(worktree: Worktree, patch: Patch): Promise<ApplyOutcome> {
  const { commit } = worktree;
  const apply = async (...more: string[]) =>
    await worktree.git(["apply", "--index", "--whitespace=nowarn", ...more, "-"], {
      input: patch.diff,
      answers: [0, 1, 128],
    });
  worktree.markTouched();
  const merged = await apply("--3way");
  if (merged.exit !== 0) {
    if (commit !== null && merged.stderr.includes("does not match index")) {
      return await applyBesideFiles(worktree, patch, commit);
    }
    // A conflict leaves its marks in the files.
    await restore(worktree);
    return { applied: false, reason: await whyNot(apply, merged.stderr) };
  }
  // Git takes what is so already for a merge, and a mode that is there with a warning.
  const difference = await worktree.git(["diff-index", "--cached", "--quiet", commit ?? "HEAD", "--"], {
    answers: [0, 1],
  });
  return difference.exit === 0 ? await refused(worktree, nothingToChange) : { applied: true };
}

/**
 * Applies a patch to an index of its own first, and brings the files after it. For files that git takes for changed as
 * soon as they are checked out: those committed with line ends that .gitattributes forbids.
 */
async function applyBesideFiles(worktree: Worktree, patch: Patch, commit: string): Promise<ApplyOutcome> {
  const index = join(worktree.gitDir, "pawl-apply-index");
  const env = { GIT_INDEX_FILE: index };
  const readTree = () => worktree.git(["read-tree", commit], { env });
  const tree = async (): Promise<string> => (await worktree.git(["write-tree"], { env })).stdout.toString().trim();
  try {
    await readTree();
    const before = await tree();
    const apply = (...more: string[]) =>
      worktree.git(["apply", "--cached", "--whitespace=nowarn", ...more, "-"], {
        input: patch.diff,
        answers: [0, 1, 128],
        env,
      });
    const merged = await apply("--3way");
    if (merged.exit !== 0) {
      await readTree();
      return await refused(worktree, await whyNot(apply, merged.stderr));
    }
    const after = await tree();
    if (after === before) {
      return await refused(worktree, nothingToChange);
    }
    await worktree.git(["read-tree", "--reset", "-u", after]);
    return { applied: true };
  } finally {
    await rm(index, { force: true });
  }
}

async function refused(worktree: Worktree, reason: string): Promise<ApplyOutcome> {
  await restore(worktree);
  return { applied: false, reason };
}

async function restore(worktree: Worktree): Promise<void> {
  if (worktree.commit !== null) {
    await worktree.reset(worktree.commit);
  }
}

/**
 * Why a patch does not go in, as one line: where it does not apply, else of the conflict.
 *
 * @param apply of the patch, to what was there before
 * @param conflict what git said of the merge
 */
async function whyNot(apply: (...more: string[]) => Promise<GitAnswer>, conflict: string): Promise<string> {
  if ((await apply("--reverse", "--check")).exit === 0) {
    return nothingToChange;
  }
  const exact = await apply("--check");
  const stderr = exact.exit === 0 ? conflict : exact.stderr;
  const lines = stderr.split("\n").map((line) => line.replace(/^error: /, "").trim());
  const reason = lines.filter((line) => line !== "").join("; ") || "it does not apply";
  return reason.length <= longestReason ? reason : `${reason.slice(0, longestReason).toWellFormed()}…`;
}
