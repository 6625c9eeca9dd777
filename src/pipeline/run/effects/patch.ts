import type {
  ApplyPatchOutput,
  CommitPatchOutput,
  PatchEffectInput,
  ValidatePatchOutput,
} from "../../../../machines/uet/patch-ledger.types.ts";
import { PawlError } from "../../../base/errors/index.ts";
import { branchReference, commitPatch, findCommit, inspectPatch, workstreamBranch } from "../../git/index.ts";
import { patchFilePlace } from "../../state/index.ts";
import { commitMessage } from "../commit-message.ts";
import { DoesNotApply } from "../patch-tree.ts";
import type { RunSite } from "../site.ts";

/** Format, scope and constraints, before anything is applied. §2.2 */
export async function validatePatch(site: RunSite, input: PatchEffectInput): Promise<ValidatePatchOutput> {
  const { task } = site.index.task(input.task_id);
  const { repository, patches } = site.services;
  const { maxLines, maxBytes } = task.limits;
  const content = patches.content(site.rowId(input.patch_id));
  const name = task.kind === "patch" ? patchFilePlace(repository, task.patch) : input.patch_id;
  const { format, scope, constraints, reason } = await inspectPatch(repository, content, name, {
    scope: task.scope,
    limits: { ...(maxLines !== null && { lines: maxLines }), ...(maxBytes !== null && { bytes: maxBytes }) },
    tip: await site.branches.tip(input.ws_id),
  });
  return {
    format_passed: format.passed === true,
    scope_passed: scope.passed === true,
    constraints_passed: constraints.passed === true,
    reason,
  };
}

export async function applyToWorktree(
  site: RunSite,
  input: PatchEffectInput,
  signal: AbortSignal,
): Promise<ApplyPatchOutput> {
  try {
    return await site.patchTree(input.ws_id).with(input.patch_id, signal, async () => ({ applied: true }));
  } catch (error) {
    if (error instanceof DoesNotApply) {
      return { applied: false, reason: whyNotApplied(site, input, error.message) };
    }
    throw error;
  }
}

/** What a command changed fitted the commit that it was given; of a patch file nobody knows what it was made for. */
function whyNotApplied(site: RunSite, { task_id }: PatchEffectInput, detail: string): string {
  return site.index.task(task_id).task.kind === "patch"
    ? detail
    : new PawlError("PATCH_CONFLICT", { task: task_id, detail }).message;
}

/** One commit with trailers that name run, task and ledger entry; looks first whether it is there already. */
export async function commitVerified(
  site: RunSite,
  input: PatchEffectInput,
  attempt: number,
  signal: AbortSignal,
): Promise<CommitPatchOutput> {
  // Only an earlier process can have made it without being able to say so.
  const before = attempt > 1 ? await committed(site, input) : null;
  if (before !== null) {
    return { commit_sha: before };
  }
  const { repository } = site.services;
  const tree = site.patchTree(input.ws_id);
  const commit_sha = await tree.with(input.patch_id, signal, async ({ worktree, parsed, parent }) => {
    signal.throwIfAborted();
    const branch = workstreamBranch(site.run, input.ws_id);
    const message = commitMessage(site, input, parsed);
    const commit = await commitPatch(repository, worktree, {
      branch,
      parent,
      ...message,
      trailers: trailers(site, input),
    });
    if (signal.aborted) {
      // The patch was dropped meanwhile, and what is dropped is in no branch.
      await repository.moveReference(branchReference(branch), parent, commit);
      throw signal.reason;
    }
    site.branches.moved(input.ws_id, commit);
    return commit;
  });
  await tree.clear(input.patch_id);
  return { commit_sha };
}

function trailers(site: RunSite, input: PatchEffectInput) {
  return {
    "Pawl-Run": site.run,
    "Pawl-Workstream": input.ws_id,
    "Pawl-Task": input.task_id,
    "Pawl-Ledger": input.patch_id,
  };
}

/** The commit of this patch, where an earlier process made it and could not record it any more. */
function committed(site: RunSite, input: PatchEffectInput): Promise<string | null> {
  return findCommit(site.services.repository, {
    branch: workstreamBranch(site.run, input.ws_id),
    notIn: site.branches.base,
    trailers: trailers(site, input),
  });
}
