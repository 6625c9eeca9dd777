/** Git as a run needs it: branches and worktrees of its own, patches, commits, merges. The user's checkout is left alone (I12). */
export { resolveBase } from "./base.ts";
export {
  type BranchMaker,
  branchReference,
  branchTakingName,
  createBranch,
  isOfAnotherRun,
  type Reference,
  referencePart,
  referencesBelow,
  runBranch,
  workstreamBranch,
} from "./branches.ts";
export { capturePatch } from "./capture.ts";
export { commitPatch, findCommit } from "./commit.ts";
export { type CommitRecord, commitsOf } from "./history.ts";
export { leaveBranch } from "./leave-branch.ts";
export { advanceBranch, type IntoBase, mergeConflict, mergeRunIntoBase, mergeTrees } from "./merge.ts";
export { openRepository } from "./open-repository.ts";
export { applyPatch } from "./patch/apply.ts";
export { inspectPatch } from "./patch/inspect.ts";
export { isMail } from "./patch/mail.ts";
export { parsePatch } from "./patch/parse.ts";
export type { Patch } from "./patch/patch.ts";
export type { Repository, Sha } from "./repository.ts";
export type { Worktree } from "./worktree.ts";
export { removeUnusedPools, WorktreePool } from "./worktree-pool.ts";
