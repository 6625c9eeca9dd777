import type { MergeInput } from "../../../../machines/orchestration/workstream.types.ts";
import { mergeConflict, mergeTrees, runBranch, type Sha, workstreamBranch } from "../../git/index.ts";
import type { PreparedMerge } from "../prepared-merge.ts";
import type { RunSite } from "../site.ts";

/**
 * Waits for the workstream's turn, then makes the merge of its branch into the run's, without moving the run's branch:
 * the final gates come first. The turn is kept until the workstream leaves `validating`.
 * @throws PawlError MERGE_CONFLICT
 */
export async function prepareMerge(site: RunSite, input: MergeInput, signal: AbortSignal): Promise<void> {
  await site.services.admission.outside(signal, () => site.merges.take(input.ws_id, signal));
  await makeMerge(site, input);
}

/** The commit that the final gates are to run on, made again where somebody took away what tells of it. */
export async function mergeToCheck(site: RunSite, input: Pick<MergeInput, "ws_id" | "merge_id">): Promise<Sha> {
  const { commit } = (await site.branches.preparedMerge(input.merge_id)) ?? (await makeMerge(site, input));
  return commit;
}

async function makeMerge(site: RunSite, input: Pick<MergeInput, "ws_id" | "merge_id">): Promise<PreparedMerge> {
  const into = await site.branches.runTip();
  const from = await site.branches.tip(input.ws_id);
  const merge = await mergeTrees(site.services.repository, {
    into,
    from,
    message: `Merge workstream ${input.ws_id}`,
    trailers: { "Pawl-Run": site.run, "Pawl-Workstream": input.ws_id },
  });
  if (!merge.merged) {
    throw mergeConflict({
      from: workstreamBranch(site.run, input.ws_id),
      into: runBranch(site.run),
      paths: merge.paths,
    });
  }
  const made = { into, commit: merge.commit };
  await site.branches.prepared(input.merge_id, made);
  return made;
}

/** Moves the run's branch to the merge whose gates have passed. Repeated, it finds it there. */
export async function publishMerge(site: RunSite, input: MergeInput, signal: AbortSignal): Promise<void> {
  const prepared = await site.branches.preparedMerge(input.merge_id);
  if (prepared === null) {
    throw new Error(`merge ${input.merge_id}, which its gates have passed, is lost: its references were taken away`);
  }
  const { into, commit } = prepared;
  await site.branches.moveRun(into, commit);
  if (signal.aborted) {
    // The workstream was ended meanwhile, and what has failed or was cancelled is not merged.
    await site.branches.moveRun(commit, into);
    throw signal.reason;
  }
}
