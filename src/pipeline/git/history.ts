import type { Repository, Sha } from "./repository.ts";

/** One commit, as status and verify need it. */
export interface CommitRecord {
  readonly commit: Sha;
  readonly parents: readonly Sha[];
  readonly author: { readonly name: string; readonly email: string };
  /** Milliseconds since 1970. */
  readonly authoredAtMs: number;
  readonly subject: string;
  /** The last value of each trailer, by its name: `Pawl-Task`, `Pawl-Ledger`, … */
  readonly trailers: Readonly<Record<string, string>>;
}

/** Names of the trailers on each commit that Pawl makes. */
export type PawlTrailer = "Pawl-Run" | "Pawl-Workstream" | "Pawl-Task" | "Pawl-Ledger";

const format = ["%H", "%P", "%an", "%ae", "%at", "%s", "%(trailers:only=true,unfold=true)"].join("%n");

/**
 * The commits that are in `to` and not in `from`, oldest first.
 *
 * @param firstParentOnly true to pass over what merges brought in
 */
export async function commitsOf(
  repository: Repository,
  { from, to, firstParentOnly = false }: { from: Sha; to: Sha; firstParentOnly?: boolean },
): Promise<CommitRecord[]> {
  const walk = ["--topo-order", "--reverse", ...(firstParentOnly ? ["--first-parent"] : [])];
  const args = ["log", "-z", ...walk, `--format=tformat:${format}`, to, `^${from}`, "--"];
  const { stdout } = await repository.git(args);
  return stdout
    .toString()
    .split("\0")
    .filter((entry) => entry !== "")
    .map(readCommit);
}

function readCommit(entry: string): CommitRecord {
  const [commit = "", parents = "", name = "", email = "", seconds = "0", subject = "", ...lines] = entry.split("\n");
  const trailers: Record<string, string> = {};
  for (const line of lines) {
    const cut = line.indexOf(":");
    if (cut > 0) {
      trailers[line.slice(0, cut)] = line.slice(cut + 1).trim();
    }
  }
  return {
    commit,
    parents: parents.split(" ").filter((parent) => parent !== ""),
    author: { name, email },
    authoredAtMs: Number(seconds) * 1000,
    subject,
    trailers,
  };
}

/** Whether a commit is another one, or in the history of that. @throws GIT_FAILED where one of them is not there */
export async function isAncestor(repository: Repository, older: Sha, newer: Sha): Promise<boolean> {
  if (older === newer) {
    return true;
  }
  const { exit } = await repository.git(["merge-base", "--is-ancestor", older, newer], { answers: [0, 1] });
  return exit === 0;
}
