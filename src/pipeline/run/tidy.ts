import type { Plan } from "../../plan/index.ts";
import { openSqliteReader, readStoreId } from "../../store/sqlite/open.ts";
import {
  branchReference,
  isOfAnotherRun,
  type Repository,
  referencesBelow,
  removeUnusedPools,
  runBranch,
  type Sha,
  workstreamBranch,
} from "../git/index.ts";
import { readStoredPlan, type StateFolder } from "../state/index.ts";
import { endedUnmerged, mergeReferences, withoutEndedMerge } from "./prepared-merge.ts";
import { isPoolName } from "./worktrees.ts";

/** Worktrees of a setup command that no run has used for a week are not kept. */
const unusedPoolMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Takes away what a run that has ended needs no more: the branches of workstreams whose commits are all in the run's
 * branch, and the references of its merges. A merge that nobody could record, of a workstream that was ended since, goes
 * from the run's branch first. Branches with commits of their own stay, for somebody to look at, and so do
 * those that are checked out. Worktrees stay for the next run, but for those of a setup command that is no longer used.
 * Repeatable: after a crash in the middle it goes on where it was.
 *
 * @returns names of the branches of workstreams with commits that were not merged
 * @throws PawlError GIT_FAILED
 */
export async function tidyRun(repository: Repository, state: StateFolder, run: string): Promise<string[]> {
  const reader = openSqliteReader(state.database);
  const stored = (() => {
    try {
      return {
        store: readStoreId(reader),
        workstreams: readStoredPlan(reader, run)?.plan.workstreams ?? [],
        unmerged: endedUnmerged(reader, run),
      };
    } finally {
      reader.close();
    }
  })();
  const [unmerged] = await Promise.all([
    removeReferences(repository, run, stored),
    removeUnusedPools(repository, state.worktrees, { unusedMs: unusedPoolMs, isPool: isPoolName }),
  ]);
  return unmerged;
}

interface Stored {
  readonly store: string;
  readonly workstreams: Plan["workstreams"];
  readonly unmerged: ReadonlySet<string>;
}

async function removeReferences(
  repository: Repository,
  run: string,
  { store, workstreams, unmerged }: Stored,
): Promise<string[]> {
  const below = branchReference(workstreamBranch(run, ""));
  const [found, merges, all] = await Promise.all([
    repository.commit(branchReference(runBranch(run))),
    referencesBelow(repository, mergeReferences(run)),
    referencesBelow(repository, below),
  ]);
  const containedIn = async (tip: Sha | null) =>
    tip === null ? [] : await referencesBelow(repository, below, { containedIn: tip });
  const [isOfAnother, contained] = await Promise.all([
    found !== null && isOfAnotherRun(repository, runBranch(run), { run, store }),
    containedIn(found),
  ]);
  if (isOfAnother) {
    // Somebody deleted its branches, and a run of this name in another state folder may be under way.
    return [];
  }
  const tip = found && (await withoutEndedMerge(repository, run, { tip: found, marks: merges }, unmerged));
  const branches = new Map(
    workstreams.map(({ id }) => [branchReference(workstreamBranch(run, id)), workstreamBranch(run, id)]),
  );
  const merged = tip === found ? contained : await containedIn(tip);
  const over = merged.filter(({ name, checkout }) => branches.has(name) && checkout === null);
  const gone = [...over, ...merges];
  if (gone.length > 0) {
    const remove = Object.fromEntries(gone.map(({ name, commit }) => [name, commit]));
    await repository.setReferences({ remove });
  }
  const isMerged = new Set(merged.map(({ name }) => name));
  return all.flatMap(({ name }) => (isMerged.has(name) ? [] : (branches.get(name) ?? [])));
}
