import { realpath } from "node:fs/promises";
import { PawlError } from "../../base/errors/index.ts";
import type { Clock } from "../../base/time.ts";
import { readIdentities } from "./identity.ts";
import { checkGitVersion, type GitCall, gitFailed, runGit } from "./process.ts";
import { Repository, type RepositoryFacts, type RepositoryNotice } from "./repository.ts";

/**
 * Opens the repository that `directory` lies in; any folder of the checkout or of a linked worktree will do.
 *
 * @throws GIT_MISSING, GIT_TOO_OLD, NOT_A_REPOSITORY, REPOSITORY_NOT_TRUSTED, REPOSITORY_BARE, REPOSITORY_EMPTY,
 *   REPOSITORY_SHALLOW, GIT_FILTER_FAILED
 */
export async function openRepository(directory: string, { clock }: { readonly clock: Clock }): Promise<Repository> {
  const asked = findRepository(directory);
  // What an old git says to it is no answer.
  asked.catch(() => undefined);
  await checkGitVersion(directory);
  const places = await asked;
  const git = { cwd: places.root, env: { GIT_DIR: places.gitDir, GIT_WORK_TREE: places.root } };
  const [checkout, identities] = await Promise.all([readCheckout(git), readIdentities(git)]);
  return new Repository({ ...places, ...checkout, identities }, clock);
}

async function findRepository(directory: string): Promise<Pick<RepositoryFacts, "root" | "gitDir" | "commonDir">> {
  const revParse = (...args: string[]) => runGit({ cwd: directory, args: ["rev-parse", ...args], answers: [0, 128] });
  const absolute = "--path-format=absolute";
  const places = ["--git-dir", "--git-common-dir", "--show-toplevel"];
  const asked = ["--is-bare-repository", "--is-shallow-repository", "--is-inside-work-tree"];
  const answer = await revParse(...asked, absolute, ...places);
  const lines = answer.stdout.toString().replace(/\n$/, "").split("\n");
  const [bare, shallow, inside] = lines;
  // A path may have line breaks, and there is no -z: then each is asked for by itself.
  const [gitDir, commonDir, root] =
    lines.length <= asked.length + places.length
      ? lines.slice(asked.length)
      : await Promise.all(
          places.map(async (place) => (await revParse(absolute, place)).stdout.toString().replace(/\n$/, "")),
        );
  if (answer.stderr.includes("dubious ownership")) {
    // Git says which folder it means, be it one above, and how a shell takes its name.
    const [, folder = directory, quoted = directory] = /'(.*?)'\n.*safe\.directory ([^\n]*)/s.exec(answer.stderr) ?? [];
    throw new PawlError("REPOSITORY_NOT_TRUSTED", { folder, quoted });
  }
  if (bare === "true") {
    throw new PawlError("REPOSITORY_BARE", { folder: directory });
  }
  if (inside !== "true" || !gitDir || !commonDir || !root) {
    // Whatever else it says is of something else: of its settings, or of a worktree whose repository is gone.
    throw /^fatal: (not a git repository \(or any|this operation must be run in a work tree)/m.test(answer.stderr)
      ? new PawlError("NOT_A_REPOSITORY", { folder: directory })
      : gitFailed({ cwd: directory, args: ["rev-parse"] }, answer.exit, answer.stderr);
  }
  if (shallow === "true") {
    throw new PawlError("REPOSITORY_SHALLOW", { folder: root });
  }
  return { root: await realpath(root), gitDir: await realpath(gitDir), commonDir: await realpath(commonDir) };
}

/** One `git status`, without the index refresh it would write (`--no-optional-locks`). */
async function readCheckout(
  git: Required<Pick<GitCall, "cwd" | "env">>,
): Promise<Pick<RepositoryFacts, "head" | "notices">> {
  const args = ["--no-optional-locks", "status", "--porcelain=v2", "--branch", "-z"];
  const { stdout } = await runGit({ ...git, args, userCheckout: true });
  const entries = stdout.toString().split("\0");
  const header = (name: string) => entries.find((entry) => entry.startsWith(`# ${name} `))?.slice(name.length + 3);
  const oid = header("branch.oid");
  const commit = oid === undefined || oid === "(initial)" ? null : oid;
  if (commit === null && !(await hasCommits(git))) {
    throw new PawlError("REPOSITORY_EMPTY", { folder: git.cwd });
  }
  const named = header("branch.head");
  const branch = named === undefined || named === "(detached)" ? null : named;
  const notices: RepositoryNotice[] = [];
  const changed = entries.filter((entry) => /^[12u] /.test(entry)).length;
  const untracked = entries.filter((entry) => entry.startsWith("? ")).length;
  if (changed + untracked > 0) {
    const text = `uncommitted changes in ${git.cwd} (${changed} changed, ${untracked} untracked) are left alone and are not part of the run`;
    notices.push({ kind: "uncommitted_changes", text });
  }
  if (branch === null) {
    notices.push({
      kind: "detached_head",
      text: `${git.cwd} is on no branch (detached HEAD): pawl merge will need one`,
    });
  }
  return { head: { commit, branch }, notices };
}

async function hasCommits(git: Required<Pick<GitCall, "cwd" | "env">>): Promise<boolean> {
  const { stdout } = await runGit({ ...git, args: ["for-each-ref", "--count=1"] });
  return stdout.length > 0;
}
