import { type Repository, referencePart, type Sha } from "../git/index.ts";

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

/** @throws Error when it was not marked */
export async function readMerge(repository: Repository, run: string, merge: string): Promise<PreparedMerge> {
  const [into, commit] = await Promise.all([
    repository.commit(reference(run, merge, "into")),
    repository.commit(reference(run, merge, "commit")),
  ]);
  if (into === null || commit === null) {
    throw new Error(`merge ${merge} was not prepared`);
  }
  return { into, commit };
}
