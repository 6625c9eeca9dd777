import { PawlError } from "../../base/errors/index.ts";
import { branchReference } from "./branches.ts";
import { type CommitRecord, commitsOf, type PawlTrailer } from "./history.ts";
import type { Identity } from "./identity.ts";
import type { Repository, Sha } from "./repository.ts";
import type { Worktree } from "./worktree.ts";

export type Trailers = Readonly<Partial<Record<PawlTrailer, string>>>;

export interface NewCommit {
  readonly branch: string;
  /** Where the branch stands. */
  readonly parent: Sha;
  readonly message: string;
  /** Who wrote it; the user when left out. */
  readonly author?: Identity | undefined;
  /** When it was written, in any form that git reads; now when left out. */
  readonly date?: string | undefined;
  readonly trailers: Trailers;
}

/**
 * Commits what is in the worktree's index, and moves the branch to it. No hook runs.
 *
 * @throws BRANCH_MOVED when the branch is not at `parent`, GIT_FAILED
 */
export async function commitPatch(repository: Repository, worktree: Worktree, made: NewCommit): Promise<Sha> {
  const tree = (await worktree.git(["write-tree"])).stdout.toString().trim();
  const commit = await commitTree(repository, { ...made, tree, parents: [made.parent] });
  await moveBranch(repository, made, commit);
  worktree.markCommitted(commit);
  return commit;
}

async function moveBranch(repository: Repository, { branch, parent }: NewCommit, commit: Sha): Promise<void> {
  const reference = branchReference(branch);
  try {
    await repository.moveReference(reference, commit, parent);
  } catch (cause) {
    const found = await repository.commit(reference);
    throw found === parent
      ? cause
      : new PawlError("BRANCH_MOVED", { branch, expected: parent, found: found ?? "nothing" }, { cause });
  }
}

/** Makes a commit object; moves no branch. */
export async function commitTree(
  repository: Repository,
  {
    tree,
    parents,
    message,
    author,
    date,
    trailers,
  }: Pick<NewCommit, "message" | "author" | "date" | "trailers"> & {
    readonly tree: Sha;
    readonly parents: readonly Sha[];
  },
): Promise<Sha> {
  const now = `@${Math.floor(repository.clock.now() / 1000)} +0000`;
  const { author: user, committer } = repository.identities;
  const { name, email } = author ?? user;
  const args = ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"];
  const { stdout } = await repository.git(args, {
    input: withTrailers(message, trailers),
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date ?? now,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
      GIT_COMMITTER_DATE: now,
    },
  });
  return stdout.toString().trim();
}

/**
 * The newest commit on a branch with all these trailers, or null.
 *
 * @param notIn a commit whose history is not looked through
 */
export async function findCommit(
  repository: Repository,
  { branch, notIn, trailers }: { readonly branch: string; readonly notIn: Sha; readonly trailers: Trailers },
): Promise<Sha | null> {
  const tip = await repository.commit(branchReference(branch));
  if (tip === null) {
    return null;
  }
  const wanted = Object.entries(trailers);
  const matches = ({ trailers: found }: CommitRecord): boolean =>
    wanted.every(([name, value]) => found[name] === value);
  const commits = await commitsOf(repository, { from: notIn, to: tip });
  return commits.findLast(matches)?.commit ?? null;
}

/** Trailers form the last paragraph; those that a message has already are not torn from them. */
function withTrailers(message: string, trailers: Trailers): string {
  const text = message.trimEnd();
  const [, ...paragraphs] = text.split(/\n\s*\n/);
  const last = paragraphs.at(-1)?.split("\n") ?? [];
  const joins = last.length > 0 && last.every((line) => /^[A-Za-z0-9-]+: \S/.test(line));
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}`);
  return `${text}\n${joins ? "" : "\n"}${lines.join("\n")}\n`;
}
