import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { PawlError } from "../../base/errors/index.ts";
import { pastHalfMadeWorktree } from "./half-made-worktree.ts";
import { isAncestor } from "./history.ts";
import { moveMessage, type Repository, type Sha } from "./repository.ts";
import { removeStaleLocks } from "./stale-locks.ts";

/** The branch that gathers a run's result: `pawl/<run>`. */
export function runBranch(run: string): string {
  return `pawl/${referencePart(run)}`;
}

/**
 * The branch a workstream's tasks are committed to: `pawl-work/<run>/<workstream>`.
 * Not below `pawl/<run>`: git cannot have a branch and a folder of branches of one name.
 */
export function workstreamBranch(run: string, workstream: string): string {
  return `${workstreamFolder(run)}/${referencePart(workstream)}`;
}

const workstreamFolder = (run: string): string => `pawl-work/${referencePart(run)}`;

/** Who makes a branch. A run's name alone is not enough: a store elsewhere, or one since deleted, may have used it too. */
export interface BranchMaker {
  readonly run: string;
  /** Id of the store that the run is kept in. */
  readonly store: string;
}

/** Where a branch stands in git's store of references. */
export function branchReference(branch: string): string {
  return `refs/heads/${branch}`;
}

/** An id as part of a reference. What git does not allow there is written as `%` and two digits; different ids stay different. */
export function referencePart(id: string): string {
  return encodeURIComponent(id)
    .replace(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/^\.|\.(?=\.)|\.$|\.(?=lock$)/g, "%2E")
    .replace(/^-/, "%2D");
}

const markStart = "pawl: run ";

/** As the reference log's oldest message. */
const markOf = ({ run, store }: BranchMaker): string => `${markStart}${run} of store ${store}`;

/**
 * Makes a branch at `start`, for this run only. Repeated, it leaves the branch as it is. One that somebody took away is
 * made again where the record of it ends.
 *
 * @param recorded the last commit of it that the store knows of, or null
 * @returns where the branch stands: `start` or `recorded`, or further on when it was made by this run before
 * @throws BRANCH_EXISTS when the branch, or one in its way, was made by somebody else, BRANCH_MOVED when `recorded` is
 *   not in it
 */
export async function createBranch(
  repository: Repository,
  branch: string,
  maker: BranchMaker,
  start: Sha,
  recorded: Sha | null = null,
): Promise<Sha> {
  const reference = branchReference(branch);
  const place = recorded ?? start;
  const nothing = "0".repeat(start.length);
  const mark = markOf(maker);
  const make = () =>
    repository.git(["update-ref", "--create-reflog", "-m", mark, reference, place, nothing], { answers: [0, 128] });
  let made = await make();
  if (made.exit !== 0 && (await removeStaleLocks(repository, [reference]))) {
    made = await make();
  }
  if (made.exit === 0) {
    return place;
  }
  const found = await repository.commit(reference);
  if (found !== null) {
    const first = await firstMark(repository, reference);
    if (first === mark) {
      if (recorded !== null && !(await isAncestor(repository, recorded, found))) {
        throw new PawlError("BRANCH_MOVED", { branch, expected: recorded, found });
      }
      return found;
    }
    // A log that was cut off at an age, or emptied, no longer says who made the branch. The commits do.
    const saysNothing = first === undefined || first === "" || first === moveMessage;
    if (saysNothing && (recorded === null ? found === start : await isAncestor(repository, recorded, found))) {
      return found;
    }
  }
  const blocker = found === null ? await branchInTheWay(repository, reference) : branch;
  if (blocker === null) {
    throw new PawlError("GIT_FAILED", {
      command: "update-ref",
      folder: repository.root,
      exit: made.exit,
      detail: made.stderr.trim(),
    });
  }
  const at = found ?? (await repository.commit(branchReference(blocker))) ?? "?";
  throw new PawlError("BRANCH_EXISTS", { branch, blocker, found: at });
}

/**
 * A branch by which the name of a run that is yet to begin is taken, or null. No branch of this store's is in the way
 * that stands at `start`: a process that was killed between that branch and the run's first row left it.
 */
export async function branchTakingName(
  repository: Repository,
  maker: BranchMaker,
  start: Sha,
): Promise<{ readonly branch: string; readonly commit: Sha } | null> {
  const own = branchReference(runBranch(maker.run));
  const [ofRun, ofWorkstreams] = await Promise.all([
    referencesBelow(repository, own),
    referencesBelow(repository, branchReference(workstreamFolder(maker.run))),
  ]);
  for (const { name, commit } of [...ofRun, ...ofWorkstreams]) {
    const isLeftover = name === own && commit === start && (await firstMark(repository, own)) === markOf(maker);
    if (!isLeftover) {
      return { branch: name.replace(/^refs\/heads\//, ""), commit };
    }
  }
  return null;
}

/** Whether a branch was made by another run than this one. One whose log says nothing of it was not. */
export async function isOfAnotherRun(repository: Repository, branch: string, maker: BranchMaker): Promise<boolean> {
  const mark = await firstMark(repository, branchReference(branch));
  return mark?.startsWith(markStart) === true && mark !== markOf(maker);
}

/** The reference log's oldest message: who made the branch. */
async function firstMark(repository: Repository, reference: string): Promise<string | undefined> {
  const { stdout } = await repository.git(["log", "--walk-reflogs", "--format=%gs", reference, "--"]);
  return stdout.toString().trimEnd().split("\n").at(-1);
}

/** A branch `pawl`, or one below the wanted name. */
async function branchInTheWay(repository: Repository, reference: string): Promise<string | null> {
  const parts = reference.split("/");
  const above = parts.map((_, index) => parts.slice(0, index + 1).join("/")).slice(2);
  const { stdout } = await repository.git(["for-each-ref", "--format=%(refname)", ...above]);
  // Git finds those beside the wanted one too, which are in nobody's way.
  const isInTheWay = (name: string): boolean => above.includes(name) || name.startsWith(`${reference}/`);
  const names = stdout.toString().split("\n");
  return names.find(isInTheWay)?.replace(/^refs\/heads\//, "") ?? null;
}

/** A reference with where it stands. */
export interface Reference {
  readonly name: string;
  readonly commit: Sha;
  /** The folder in which this branch is checked out, or null. */
  readonly checkout: string | null;
}

/**
 * The references below a place such as `refs/pawl/run-1/`.
 *
 * @param containedIn only those whose commit this one contains
 */
export async function referencesBelow(
  repository: Repository,
  place: string,
  { containedIn }: { readonly containedIn?: Sha } = {},
): Promise<Reference[]> {
  const format = "%(refname)%00%(objectname)%00%(worktreepath)%00";
  const only = containedIn === undefined ? [] : ["--merged", containedIn];
  const { stdout } = await pastHalfMadeWorktree(repository.clock, () =>
    repository.git(["for-each-ref", `--format=${format}`, ...only, place]),
  );
  // A folder may have line breaks in its name.
  const entries = stdout.toString().split("\0\n").slice(0, -1);
  return entries.map((entry) => {
    const [name = "", commit = "", checkout = ""] = entry.split("\0");
    return { name, commit, checkout: checkout === "" ? null : checkout };
  });
}

/** A folder in which the branch is checked out, of the user's checkout or a linked worktree, or null. */
export async function checkoutOf(repository: Repository, branch: string): Promise<string | null> {
  const { stdout } = await pastHalfMadeWorktree(repository.clock, () =>
    repository.git(["worktree", "list", "--porcelain", "-z"]),
  );
  for (const [index, entry] of stdout.toString().split("\0\0").entries()) {
    const lines = entry.split("\0");
    if (lines.includes(`branch ${branchReference(branch)}`)) {
      // The first is not a linked one. Of a checkout whose git folder lies elsewhere (a submodule), git names that one.
      if (index === 0 && repository.gitDir === repository.commonDir) {
        return repository.root;
      }
      return lines.find((line) => line.startsWith("worktree "))?.slice("worktree ".length) ?? null;
    }
  }
  return null;
}

/** What git keeps in its folder of a worktree while it is in the middle of something, and whose branches it names. */
const unfinishedFiles = [
  ["rebase-merge/head-name", "rebase"],
  ["rebase-merge/update-refs", "rebase"],
  ["rebase-apply/head-name", "rebase"],
  ["BISECT_START", "bisect"],
] as const;

/**
 * A worktree in the middle of a rebase or bisection that will come back to the branch. Git calls it detached meanwhile.
 */
export async function unfinishedOn(
  repository: Repository,
  branch: string,
): Promise<{ readonly folder: string; readonly command: "rebase" | "bisect" } | null> {
  const linked = join(repository.commonDir, "worktrees");
  const names = await readdir(linked).catch(() => []);
  for (const gitDir of [repository.commonDir, ...names.map((name) => join(linked, name))]) {
    for (const [file, command] of unfinishedFiles) {
      const lines = (await readFile(join(gitDir, file), "utf8").catch(() => "")).split("\n");
      if (lines.includes(branchReference(branch)) || (command === "bisect" && lines.includes(branch))) {
        return { folder: gitDir === repository.gitDir ? repository.root : await worktreeOf(gitDir), command };
      }
    }
  }
  return null;
}

async function worktreeOf(gitDir: string): Promise<string> {
  const link = await readFile(join(gitDir, "gitdir"), "utf8").catch(() => gitDir);
  return dirname(resolve(gitDir, link.replace(/\n$/, "")));
}
