import type { Database } from "better-sqlite3";
import { workstreamOf } from "../../../machines/ids.ts";
import {
  advanceBranch,
  type Reference,
  type Repository,
  referencePart,
  referencesBelow,
  runBranch,
  type Sha,
} from "../git/index.ts";

/** A merge that is made, but to which no branch was moved yet. */
export interface PreparedMerge {
  /** Where the run's branch stood. */
  readonly into: Sha;
  readonly commit: Sha;
}

/** The place of a run's prepared merges. Not below refs/heads: no branch of the user's, and no garbage for git to collect. */
export function mergeReferences(run: string): string {
  return `refs/pawl/${referencePart(run)}/`;
}

const reference = (run: string, merge: string, part: "into" | "commit"): string =>
  `${mergeReferences(run)}${referencePart(merge)}/${part}`;

/** Remembers a prepared merge in the repository, beyond a crash. */
export async function markMerge(repository: Repository, run: string, merge: string, made: PreparedMerge) {
  const update = { [reference(run, merge, "into")]: made.into, [reference(run, merge, "commit")]: made.commit };
  await repository.setReferences({ update });
}

/** A merge that is marked, or null. */
export async function readMerge(repository: Repository, run: string, merge: string): Promise<PreparedMerge | null> {
  const [into, commit] = await Promise.all([
    repository.commit(reference(run, merge, "into")),
    repository.commit(reference(run, merge, "commit")),
  ]);
  return into === null || commit === null ? null : { into, commit };
}

/** The commit of the last merge that was prepared for a workstream, or null: of one that is completed, what was merged. */
export async function lastMergeOf(repository: Repository, run: string, workstream: string): Promise<Sha | null> {
  const marks = await referencesBelow(repository, mergeReferences(run));
  const attempts = marks.flatMap(({ name, commit }) => {
    const [, merge = ""] = /([^/]+)\/commit$/.exec(name) ?? [];
    const [, of, attempt] = /^(.*)~m(\d+)$/.exec(decodeURIComponent(merge)) ?? [];
    return of === workstream ? [{ attempt: Number(attempt), commit }] : [];
  });
  return attempts.sort((a, b) => b.attempt - a.attempt)[0]?.commit ?? null;
}

/**
 * Takes back the merge that the run's branch is at where its workstream has ended without it: a process was killed
 * between the merge and the record of it, and a person ended the workstream before the next one.
 *
 * @param marks the references of the run's prepared merges
 * @returns where the branch stands then
 * @throws PawlError BRANCH_CHECKED_OUT, GIT_FAILED
 */
export async function withoutEndedMerge(
  repository: Repository,
  run: string,
  { tip, marks }: { readonly tip: Sha; readonly marks: readonly Reference[] },
  endedUnmerged: ReadonlySet<string>,
): Promise<Sha> {
  for (const { name, commit } of marks) {
    const [, merge] = /([^/]+)\/commit$/.exec(name) ?? [];
    if (merge === undefined || commit !== tip || !endedUnmerged.has(workstreamOf(decodeURIComponent(merge)))) {
      continue;
    }
    const into = marks.find((mark) => mark.name === name.replace(/commit$/, "into"))?.commit;
    if (into !== undefined && into !== tip) {
      await advanceBranch(repository, runBranch(run), { from: tip, to: into });
      return into;
    }
  }
  return tip;
}

/** The workstreams of a run that have ended otherwise than completed. */
export function endedUnmerged(reader: Database, run: string): ReadonlySet<string> {
  const ids = reader
    .prepare("SELECT ws_id FROM workstreams WHERE run_id = ? AND state IN ('failed', 'cancelled', 'skipped')")
    .pluck()
    .all(run) as string[];
  return new Set(ids.map((id) => id.slice(run.length + 1)));
}

/** The workstream of a run that was completed last, or null. */
export function lastCompleted(reader: Database, run: string): string | null {
  const id = reader
    .prepare(
      `SELECT ws_id FROM workstreams JOIN state_transitions ON entity_id = ws_id
       WHERE run_id = ? AND state = 'completed' ORDER BY transition_id DESC LIMIT 1`,
    )
    .pluck()
    .get(run) as string | undefined;
  return id?.slice(run.length + 1) ?? null;
}
