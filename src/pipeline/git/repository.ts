import { appendFile, mkdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { PawlError } from "../../base/errors/index.ts";
import type { Clock } from "../../base/time.ts";
import { GitConversation } from "./conversation.ts";
import type { Identity } from "./identity.ts";
import { type GitAnswer, type GitCall, type GitRunner, runGit, runHere } from "./process.ts";
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

/** What is known of a repository once it was opened. */
export interface RepositoryFacts {
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
    // A line break would make two lines of it, each the pattern of somebody else's files.
    const line = `/${path.replace(/[\\*?[\]]/g, "\\$&").replace(/\n/g, "?")}/`;
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

/** The folder's real place, also when it does not exist yet. */
async function realPlace(folder: string): Promise<string> {
  const real = await realpath(folder).catch(() => null);
  const parent = dirname(folder);
  return real ?? (parent === folder ? folder : join(await realPlace(parent), basename(folder)));
}
