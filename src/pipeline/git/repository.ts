import { appendFile, mkdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { PawlError } from "../../base/errors/index.ts";
import type { Clock } from "../../base/time.ts";
import { GitConversation } from "./conversation.ts";
import { type Identity, readIdentities } from "./identity.ts";
import {
  checkGitVersion,
  type GitAnswer,
  type GitCall,
  type GitRunner,
  gitFailed,
  runGit,
  runHere,
} from "./process.ts";
import { SeparateGit } from "./separate-process.ts";
import { pastStaleLocks } from "./stale-locks.ts";

/** A full object name: 40 hexadecimal digits, 64 in a SHA-256 repository. */
export type Sha = string;

/** What the reference log says of a move. */
export const moveMessage = "pawl";

/** Something about the checkout that stops nothing but that its owner should know. */
export interface RepositoryNotice {
  readonly kind: "uncommitted_changes" | "detached_head";
  /** One sentence with the values in it. */
  readonly text: string;
}

interface RepositoryFacts {
  readonly root: string;
  readonly gitDir: string;
  readonly commonDir: string;
  readonly head: { readonly commit: Sha | null; readonly branch: string | null };
  readonly notices: readonly RepositoryNotice[];
  readonly identities: { readonly author: Identity; readonly committer: Identity };
}

/** The user's repository, opened for work beside its checkout. Nothing here touches checkout, index, stash or hooks (I12). */
export class Repository {
  /** Top of the checkout, absolute and without symlinks. */
  readonly root: string;
  /** Git's folder of this checkout; differs from `commonDir` in a linked worktree. */
  readonly gitDir: string;
  /** Git's folder that all worktrees share: objects, branches, configuration. */
  readonly commonDir: string;
  /** What was checked out when the repository was opened; no branch when detached. */
  readonly head: RepositoryFacts["head"];
  readonly notices: readonly RepositoryNotice[];
  /** Who makes commits: the user as configured, or `Pawl <pawl@localhost>`. */
  readonly identities: RepositoryFacts["identities"];
  readonly clock: Clock;
  readonly #objects: GitConversation;
  readonly #references: GitConversation;
  #ownFolders: string[] = [];
  #separate: SeparateGit | undefined;

  constructor(facts: RepositoryFacts, clock: Clock) {
    this.root = facts.root;
    this.gitDir = facts.gitDir;
    this.commonDir = facts.commonDir;
    this.head = facts.head;
    this.notices = facts.notices;
    this.identities = facts.identities;
    this.clock = clock;
    const call = { cwd: this.root, env: { GIT_DIR: this.gitDir } };
    const format = "--batch-check=%(objectname) %(objecttype)";
    this.#objects = new GitConversation({ ...call, args: ["cat-file", "-z", format] });
    this.#references = new GitConversation({ ...call, args: ["update-ref", "--stdin", "-m", moveMessage] });
  }

  /**
   * Runs git on the repository itself, not on any working tree.
   *
   * @throws GIT_FAILED, GIT_MISSING, GIT_OUTPUT_TOO_LARGE
   */
  git(args: readonly string[], more: Partial<Omit<GitCall, "args">> = {}): Promise<GitAnswer> {
    return runGit({ cwd: this.root, ...more, args, env: { GIT_DIR: this.gitDir, ...more.env } }, this.runner);
  }

  /** Runs git for the repository and its worktrees. */
  get runner(): GitRunner {
    return this.#separate?.run ?? runHere;
  }

  /** From now on a small process runs git: for a process that is to grow, and to run git often. */
  spawnElsewhere(): void {
    this.#separate ??= new SeparateGit();
    void this.#separate.start();
  }

  /**
   * The object that an expression names (`main^{commit}`, `<sha>:path`) and its type, or null.
   * Also null for an expression with a line break or a NUL, which the answer could not be told apart from.
   */
  async object(expression: string): Promise<{ readonly sha: Sha; readonly type: string } | null> {
    if (/[\0\n]/.test(expression)) {
      return null;
    }
    const [line = ""] = await this.#objects.ask(`${expression}\0`, 1);
    const [, sha, type] = /^([0-9a-f]{40}|[0-9a-f]{64}) (commit|tree|blob|tag)$/.exec(line) ?? [];
    return sha === undefined || type === undefined ? null : { sha, type };
  }

  /** What a reference or other name of a commit stands for now, or null. */
  async commit(name: string): Promise<Sha | null> {
    return (await this.object(`${name}^{commit}`))?.sha ?? null;
  }

  /**
   * Moves a reference from `before` to `after`, or leaves it (compare and swap).
   *
   * @throws GIT_FAILED when it is not at `before`, or is locked
   */
  async moveReference(reference: string, after: Sha, before: Sha): Promise<void> {
    await pastStaleLocks(this, [reference], () =>
      this.#references.ask(`start\nupdate ${reference} ${after} ${before}\nprepare\ncommit\n`, 3),
    );
  }

  /**
   * Sets references, and removes those that are where they are said to be: all of it or nothing.
   *
   * @throws GIT_FAILED when one is locked, or is not where it is said to be
   */
  async setReferences({
    update = {},
    remove = {},
  }: {
    readonly update?: Readonly<Record<string, Sha>>;
    readonly remove?: Readonly<Record<string, Sha>>;
  }): Promise<void> {
    const lines = [
      ...Object.entries(update).map(([reference, commit]) => `update ${reference} ${commit}\n`),
      ...Object.entries(remove).map(([reference, commit]) => `delete ${reference} ${commit}\n`),
    ];
    await pastStaleLocks(this, [...Object.keys(update), ...Object.keys(remove)], () =>
      this.git(["update-ref", "--stdin"], { input: lines.join("") }),
    );
  }

  /** Folders of Pawl inside the checkout, relative to its top, with `/`: no patch may write there. */
  get ownFolders(): readonly string[] {
    return this.#ownFolders;
  }

  /**
   * Keeps a folder of Pawl out of `git status` and `git add`, by one line in `.git/info/exclude`.
   * Does nothing when the folder lies outside the checkout, or the line is there.
   *
   * @param folder absolute, or relative to the top of the checkout
   */
  async excludeFromGit(folder: string): Promise<void> {
    const path = await this.#pathInside(folder);
    if (path === null || path === "") {
      return;
    }
    this.#ownFolders = [...new Set([...this.#ownFolders, path])];
    const line = `/${path.replace(/[\\*?[\]]/g, "\\$&").replace(/ $/, "\\ ")}/`;
    const file = join(this.commonDir, "info", "exclude");
    await mkdir(join(this.commonDir, "info"), { recursive: true });
    const text = await readFile(file, "utf8").catch(() => "");
    if (!text.split(/\r?\n/).includes(line)) {
      await appendFile(file, `${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`);
    }
  }

  /**
   * Refuses a folder that could not be kept out of git without hiding files of the user's with it.
   *
   * @throws STATE_FOLDER_UNUSABLE
   */
  async checkOwnFolder(folder: string): Promise<void> {
    const path = await this.#pathInside(folder);
    if (path === null) {
      return;
    }
    const refused = (detail: string) => new PawlError("STATE_FOLDER_UNUSABLE", { folder, detail });
    if (path === "") {
      throw refused("it is the top of the checkout");
    }
    const { stdout } = await this.git(["ls-files", "-z", "--", path]);
    const [first, ...more] = stdout.toString().split("\0").slice(0, -1);
    if (first !== undefined) {
      throw refused(
        `git tracks files in it (${more.length + 1}, ${first} first), and would be told to ignore new ones`,
      );
    }
  }

  /** Where a folder is below the top of the checkout, with `/`; null outside. */
  async #pathInside(folder: string): Promise<string | null> {
    const inside = relative(this.root, await realPlace(resolve(this.root, folder)));
    return inside === ".." || inside.startsWith(`..${sep}`) ? null : inside.split(sep).join("/");
  }

  /** Ends the git processes that are kept for questions. The repository can still be used; they start again. */
  close(): void {
    this.#objects.close();
    this.#references.close();
    this.#separate?.close();
    this.#separate = undefined;
  }
}

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

/** The folder's real place, also when it does not exist yet. */
async function realPlace(folder: string): Promise<string> {
  const real = await realpath(folder).catch(() => null);
  const parent = dirname(folder);
  return real ?? (parent === folder ? folder : join(await realPlace(parent), basename(folder)));
}
