import { type Repository, referencePart, type Sha } from "../git/index.ts";

/** A merge that is made, but to which no branch was moved yet. */
export interface PreparedMerge {
  /** Where the run's branch stood. */
  readonly into: Sha;
  readonly commit: Sha;
}

/** Not below refs/heads: no branch of the user's, and no garbage for git to collect. */
const reference = (run: string, merge: string, part: "into" | "commit"): string =>
  `refs/pawl/${referencePart(run)}/${referencePart(merge)}/${part}`;

/** Remembers a prepared merge in the repository, beyond a crash. */
export async function markMerge(repository: Repository, run: string, merge: string, made: PreparedMerge) {
  await repository.git(["update-ref", "--stdin"], {
    input: `update ${reference(run, merge, "into")} ${made.into}\nupdate ${reference(run, merge, "commit")} ${made.commit}\n`,
  });
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
