import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Worktree } from "../worktree.ts";
import type { Patch } from "./patch.ts";

/** Whether a patch went in; a patch that does not is an outcome, not an error. */
export type ApplyOutcome = { readonly applied: true } | { readonly applied: false; readonly reason: string };

const longestReason = 500;
const nothingToChange = "it applies to nothing: all that it changes is so already";

/**
 * Applies a patch to a worktree and to its index, exactly, or else by a three-way merge where git has the files that it
 * was made from. What does not apply leaves nothing behind.
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
  const exact = await apply();
  if (exact.exit === 0 && !changesModesOnly(patch)) {
    return { applied: true };
  }
  if (exact.exit !== 0 && commit !== null && exact.stderr.includes("does not match index")) {
    return await applyBesideFiles(worktree, patch, commit);
  }
  if (exact.exit !== 0 && (await apply("--reverse", "--check")).exit === 0) {
    return refused(worktree, nothingToChange);
  }
  if (exact.exit !== 0 && (await apply("--3way")).exit !== 0) {
    return refused(worktree, reasonOf(exact.stderr));
  }
  const difference = await worktree.git(["diff-index", "--cached", "--quiet", commit ?? "HEAD", "--"], {
    answers: [0, 1],
  });
  return difference.exit === 0 ? refused(worktree, nothingToChange) : { applied: true };
}

/**
 * Applies a patch to an index of its own first, and brings the files after it. For files that git takes for changed as
 * soon as they are checked out: those committed with line ends that .gitattributes forbids.
 */
async function applyBesideFiles(worktree: Worktree, patch: Patch, commit: string): Promise<ApplyOutcome> {
  const index = join(worktree.gitDir, "pawl-apply-index");
  const env = { GIT_INDEX_FILE: index };
  const tree = async (): Promise<string> => (await worktree.git(["write-tree"], { env })).stdout.toString().trim();
  try {
    await worktree.git(["read-tree", commit], { env });
    const before = await tree();
    const apply = (...more: string[]) =>
      worktree.git(["apply", "--cached", "--whitespace=nowarn", ...more, "-"], {
        input: patch.diff,
        answers: [0, 1, 128],
        env,
      });
    const exact = await apply();
    if (exact.exit !== 0 && (await apply("--reverse", "--check")).exit === 0) {
      return await refused(worktree, nothingToChange);
    }
    if (exact.exit !== 0 && (await apply("--3way")).exit !== 0) {
      return await refused(worktree, reasonOf(exact.stderr));
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

/** Git takes a mode that is there already with a warning, as if it had changed something. */
function changesModesOnly({ files }: Patch): boolean {
  return files.every(({ status, binary, added, removed }) => status === "modified" && !binary && added + removed === 0);
}

async function refused(worktree: Worktree, reason: string): Promise<ApplyOutcome> {
  if (worktree.commit !== null) {
    await worktree.reset(worktree.commit);
  }
  return { applied: false, reason };
}

/** What git says, as one line. */
function reasonOf(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.replace(/^error: /, "").trim());
  const reason = lines.filter((line) => line !== "").join("; ") || "it does not apply";
  return reason.length <= longestReason ? reason : `${reason.slice(0, longestReason)}…`;
}
