import { existsSync } from "node:fs";
import { count } from "../../base/count.ts";
import { PawlError } from "../../base/errors/index.ts";
import { type BranchMaker, branchReference, checkoutOf, isOfAnotherRun, runBranch, unfinishedOn } from "./branches.ts";
import { commitTree, type Trailers } from "./commit.ts";
import { isAncestor } from "./history.ts";
import { gitFailed, runGit } from "./process.ts";
import type { Repository, Sha } from "./repository.ts";

/** A merge commit that no branch is at yet, or the paths that are in conflict. */
export type MergeOutcome =
  | { readonly merged: true; readonly commit: Sha }
  | { readonly merged: false; readonly paths: readonly string[] };

/**
 * Merges two commits without a working tree. What `into` contains already gives `into` itself.
 *
 * @throws GIT_FAILED
 */
export async function mergeTrees(
  repository: Repository,
  {
    into,
    from,
    message,
    trailers,
  }: { readonly into: Sha; readonly from: Sha; readonly message: string; readonly trailers: Trailers },
): Promise<MergeOutcome> {
  if (await isAncestor(repository, from, into)) {
    return { merged: true, commit: into };
  }
  const args = ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", into, from];
  const { exit, stdout } = await repository.git(args, { answers: [0, 1] });
  const [tree = "", ...paths] = stdout
    .toString()
    .split("\0")
    .filter((part) => part !== "");
  if (exit === 1) {
    return { merged: false, paths };
  }
  return { merged: true, commit: await commitTree(repository, { tree, parents: [into, from], message, trailers }) };
}

const conflictsShown = 5;

/** That the branch `from` does not merge into the branch `into`. */
export function mergeConflict({
  paths,
  ...branches
}: {
  readonly from: string;
  readonly into: string;
  readonly paths: readonly string[];
}): PawlError {
  const more = paths.length > conflictsShown ? ` and ${paths.length - conflictsShown} more` : "";
  return new PawlError("MERGE_CONFLICT", {
    ...branches,
    conflicts: count(paths.length, "conflict"),
    paths: `${paths.slice(0, conflictsShown).join(", ")}${more}`,
  });
}

/**
 * Moves a branch of Pawl's from one commit to another. One that is there already is left alone.
 *
 * @throws BRANCH_MOVED, BRANCH_CHECKED_OUT, GIT_FAILED
 */
export async function advanceBranch(
  repository: Repository,
  branch: string,
  { from, to }: { readonly from: Sha; readonly to: Sha },
): Promise<void> {
  const reference = branchReference(branch);
  const found = await repository.commit(reference);
  if (found === to) {
    return;
  }
  if (found !== from) {
    throw new PawlError("BRANCH_MOVED", { branch, expected: from, found: found ?? "nothing" });
  }
  const folder = await checkoutOf(repository, branch);
  if (folder !== null) {
    throw new PawlError("BRANCH_CHECKED_OUT", { branch, folder });
  }
  await repository.moveReference(reference, to, from);
}

/** How a run's branch came into a branch of the user. */
export interface IntoBase {
  readonly kind: "already" | "fast_forward" | "merge";
  /** Where the branch is now. */
  readonly commit: Sha;
}

/**
 * Brings the result of a run into a branch of the user, who asked for it. A checkout of that branch follows, with what
 * is changed in it left alone; where git cannot do that, nothing is changed.
 *
 * @param named name of a local branch, or its full one (`refs/heads/main`)
 * @throws MERGE_NEEDS_BRANCH, BRANCH_OF_ANOTHER_RUN, RUN_BRANCH_MISSING, MERGE_CONFLICT, MERGE_UNRELATED,
 *   CHECKOUT_IN_THE_WAY, GIT_FAILED
 */
export async function mergeRunIntoBase(
  repository: Repository,
  { run, store, base: named }: BranchMaker & { readonly base: string },
): Promise<IntoBase> {
  const base = named.replace(/^refs\/heads\//, "");
  const branch = runBranch(run);
  const [before, tip] = await Promise.all([
    repository.commit(branchReference(base)),
    repository.commit(branchReference(branch)),
  ]);
  if (before === null) {
    throw new PawlError("MERGE_NEEDS_BRANCH", { base, folder: repository.root });
  }
  if (tip === null) {
    throw new PawlError("RUN_BRANCH_MISSING", { branch, run });
  }
  if (await isOfAnotherRun(repository, branch, { run, store })) {
    throw new PawlError("BRANCH_OF_ANOTHER_RUN", { branch, run, found: tip });
  }
  if (await isAncestor(repository, tip, before)) {
    return { kind: "already", commit: before };
  }
  const unfinished = await unfinishedOn(repository, base);
  if (unfinished !== null) {
    const { folder, command } = unfinished;
    const remedy = `Finish or give up the git ${command} there`;
    throw new PawlError("CHECKOUT_IN_THE_WAY", {
      branch: base,
      folder,
      detail: `a git ${command} is not over`,
      remedy,
    });
  }
  const fastForward = await isAncestor(repository, before, tip);
  const commit = fastForward ? tip : await mergeCommit(repository, { run, base, branch, before, tip });
  const folder = await checkoutOf(repository, base);
  if (folder === null) {
    await repository.moveReference(branchReference(base), commit, before);
  } else {
    await moveCheckout(folder, base, commit);
  }
  return { kind: fastForward ? "fast_forward" : "merge", commit };
}

async function mergeCommit(
  repository: Repository,
  sides: { readonly run: string; base: string; branch: string; before: Sha; tip: Sha },
): Promise<Sha> {
  const { run, base, branch, before, tip } = sides;
  const common = await repository.git(["merge-base", before, tip], { answers: [0, 1] });
  if (common.exit === 1) {
    throw new PawlError("MERGE_UNRELATED", { run, from: branch, into: base });
  }
  const trailers = { "Pawl-Run": run };
  const merge = await mergeTrees(repository, { into: before, from: tip, message: `Merge ${branch}`, trailers });
  if (!merge.merged) {
    throw mergeConflict({ from: branch, into: base, paths: merge.paths });
  }
  return merge.commit;
}

/** Git itself brings the checkout along: it knows what would be overwritten there. */
async function moveCheckout(folder: string, branch: string, commit: Sha): Promise<void> {
  if (!existsSync(folder)) {
    const remedy = "Bring that folder back, or have git forget it (git worktree prune)";
    throw new PawlError("CHECKOUT_IN_THE_WAY", { branch, folder, detail: "the folder is not there", remedy });
  }
  const lock = await referenceLock(folder, branch);
  if (lock !== null) {
    throw new PawlError("CHECKOUT_IN_THE_WAY", {
      branch,
      folder,
      detail: `${lock} is there`,
      remedy: endOrRemove(lock),
    });
  }
  // The user's settings hold there, but the commit is one that Pawl made: it has no signature to check. And what the
  // user wants of his own merges into the branch (`--squash`, `-s ours`) would leave it elsewhere.
  const noOptions = `--config-env=branch.${branch}.mergeOptions=PAWL_NOTHING`;
  const args = [noOptions, "merge", "--quiet", "--ff-only", "--no-autostash", "--no-verify-signatures", commit];
  const call = { cwd: folder, args, env: { PAWL_NOTHING: "" }, userCheckout: true };
  const { exit, stderr } = await runGit({ ...call, answers: [0, 1, 128] });
  const [remedy] = inTheWay.flatMap(([said, what]) => (said.test(stderr) ? [what] : []));
  if (exit === 128 && remedy === undefined) {
    throw gitFailed(call, exit, stderr);
  }
  if (exit !== 0) {
    const detail = stderr.trim().replace(/\s+/g, " ");
    throw new PawlError("CHECKOUT_IN_THE_WAY", { branch, folder, detail, remedy: remedy ?? putAway });
  }
}

/** A lock that git would meet only once the files are those of the merge. */
async function referenceLock(folder: string, branch: string): Promise<string | null> {
  const asked = ["HEAD", branchReference(branch)].flatMap((reference) => ["--git-path", `${reference}.lock`]);
  const { stdout } = await runGit({ cwd: folder, args: ["rev-parse", "--path-format=absolute", ...asked] });
  // What is no path on a line of its own, for the line breaks in it, is not found.
  return (
    stdout
      .toString()
      .split("\n")
      .find((path) => path !== "" && existsSync(path)) ?? null
  );
}

const endOrRemove = (lock: string): string =>
  `Let the git command that holds ${lock} end, or remove that file where none runs any more`;

const putAway = "Commit or put away the changes there";

/** What git says of a checkout that it cannot bring along, and what to do about it. */
const inTheWay: readonly (readonly [RegExp, string])[] = [
  [/index\.lock/, endOrRemove("index.lock")],
  [/have not concluded/, "Finish or give up there what git is in the middle of"],
  [/overwritten|would be lost|unmerged|not possible/, putAway],
];
