import type { Database } from "better-sqlite3";
import { PawlError } from "../../base/errors/index.ts";
import {
  type BranchMaker,
  branchReference,
  commitsOf,
  isOfAnotherRun,
  type Repository,
  referencesBelow,
  runBranch,
  type Sha,
} from "../git/index.ts";
import { mergeReferences } from "./prepared-merge.ts";

/**
 * A state folder that was put back from a copy knows nothing of what its run has done since, and would have it done once
 * more on top of that. A merge that was made and not recorded is still marked as prepared: the marks go when the run
 * has ended.
 * @throws PawlError RUN_AHEAD_OF_STORE, GIT_FAILED
 */
export async function refuseUnknownMerges(
  repository: Repository,
  reader: Database,
  { base, ...maker }: BranchMaker & { readonly base: Sha },
): Promise<void> {
  const branch = runBranch(maker.run);
  const tip = await repository.commit(branchReference(branch));
  if (tip === null || tip === base) {
    return;
  }
  const [merges, marks] = await Promise.all([
    commitsOf(repository, { from: base, to: tip, firstParentOnly: true }),
    referencesBelow(repository, mergeReferences(maker.run)),
  ]);
  const known = new Set([...completedOf(reader, maker.run), ...marks.map(({ commit }) => commit)]);
  const unknown = merges.find(({ commit, parents, trailers }) => {
    const { "Pawl-Run": run, "Pawl-Workstream": workstream = "" } = trailers;
    return parents.length > 1 && run === maker.run && !known.has(commit) && !known.has(workstream);
  });
  const before = unknown?.parents[0];
  if (unknown !== undefined && before !== undefined && !(await isOfAnotherRun(repository, branch, maker))) {
    const workstream = unknown.trailers["Pawl-Workstream"] ?? "";
    throw new PawlError("RUN_AHEAD_OF_STORE", { branch, workstream, run: maker.run, commit: unknown.commit, before });
  }
}

function completedOf(reader: Database, run: string): string[] {
  const ids = reader.prepare("SELECT ws_id FROM workstreams WHERE run_id = ? AND state = 'completed'").pluck();
  return (ids.all(run) as string[]).map((id) => id.slice(run.length + 1));
}
