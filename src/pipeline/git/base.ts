import { PawlError } from "../../base/errors/index.ts";
import { editDistance } from "../../base/nearest.ts";
import { branchReference } from "./branches.ts";
import type { Repository, Sha } from "./repository.ts";

const namesOffered = 3;

/**
 * The commit a plan starts from.
 *
 * @param base branch, tag or commit, or any other name git knows for one (`HEAD~2`); the branch where it names a tag too,
 *   for that is where the result is merged
 * @throws BASE_UNKNOWN with the nearest names, REPOSITORY_HAS_SUBMODULES
 */
export async function resolveBase(repository: Repository, base: string): Promise<Sha> {
  const commit = (await repository.commit(branchReference(base))) ?? (await repository.commit(base));
  if (commit === null) {
    const nearest = (await nearestNames(repository, base)).join(", ") || "none";
    throw new PawlError("BASE_UNKNOWN", { base, folder: repository.root, nearest });
  }
  await refuseSubmodules(repository, base, commit);
  return commit;
}

async function refuseSubmodules(repository: Repository, base: string, commit: Sha): Promise<void> {
  const { stdout } = await repository.git(["ls-tree", "-r", "-z", "--full-tree", commit]);
  const submodules: string[] = [];
  for (let start = 0; start < stdout.length; ) {
    const end = stdout.indexOf(0, start);
    if (stdout.subarray(start, start + 7).equals(submoduleEntry)) {
      submodules.push(stdout.toString("utf8", stdout.indexOf(9, start) + 1, end));
    }
    start = end + 1;
  }
  const [path] = submodules;
  if (path !== undefined) {
    throw new PawlError("REPOSITORY_HAS_SUBMODULES", { base, count: submodules.length, path });
  }
}

const submoduleEntry = Buffer.from("160000 ");

async function nearestNames(repository: Repository, base: string): Promise<string[]> {
  const args = ["for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"];
  const { stdout } = await repository.git(args);
  const names = stdout
    .toString()
    .split("\n")
    .filter((name) => name !== "");
  const wanted = base.slice(0, 100);
  return names
    .map((name) => ({
      name,
      distance: Math.min(editDistance(wanted, name), editDistance(wanted, lastPart(name)) + 0.5),
    }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, namesOffered)
    .map(({ name }) => name);
}

/** A branch of a server is near to its own name without the server's. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
