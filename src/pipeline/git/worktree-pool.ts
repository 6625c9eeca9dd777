import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, realpath, rm, stat, utimes } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { pastHalfMadeWorktree } from "./half-made-worktree.ts";
import { knownWorktrees } from "./known-worktrees.ts";
import { leaveBranch } from "./leave-branch.ts";
import { stopLeftoverGit } from "./leftovers.ts";
import type { Repository, Sha } from "./repository.ts";
import { Worktree } from "./worktree.ts";

export interface WorktreePoolOptions {
  /** Where the worktrees are kept; made when it is missing. No other process may use it meanwhile (I8). */
  readonly folder: string;
  /** The plan's setup command in any unambiguous form, or null: another one has each worktree set up again. */
  readonly setup: string | null;
  /** True to leave what .gitignore names between tasks; as a rule when there is a setup command. */
  readonly keepIgnored: boolean;
}

/** Worktrees that are used again and again, since making one costs a full checkout and a setup. */
export class WorktreePool {
  readonly #repository: Repository;
  readonly #folder: string;
  readonly #options: { readonly setupKey: string | null; readonly keepIgnored: boolean };
  readonly #free: Worktree[];
  #names: Set<string>;
  #adding: Promise<unknown> = Promise.resolve();
  #isPreparing = false;

  private constructor(
    repository: Repository,
    folder: string,
    options: WorktreePoolOptions,
    found: FoundWorktree[],
    names: string[],
  ) {
    this.#repository = repository;
    this.#folder = folder;
    const setupKey = options.setup === null ? null : createHash("sha256").update(options.setup).digest("hex");
    this.#options = { setupKey, keepIgnored: options.keepIgnored };
    this.#free = found.map((place) => new Worktree({ ...place, ...surroundings(repository), ...this.#options }));
    this.#names = new Set(names);
  }

  /**
   * Opens the pool as an earlier process left it, killed or not: its git processes are stopped, half-made worktrees
   * are removed, whole ones are used again.
   *
   * @throws GIT_FAILED
   */
  static async open(repository: Repository, options: WorktreePoolOptions): Promise<WorktreePool> {
    await mkdir(options.folder, { recursive: true });
    const folder = await realpath(options.folder);
    const now = new Date(repository.clock.now());
    await utimes(folder, now, now);
    await stopLeftoverGit(folder, repository.clock);
    const found = await findWorktrees(repository, folder);
    const pool = new WorktreePool(repository, folder, options, found, await readdir(folder));
    await Promise.all(pool.#free.map((worktree) => leaveBranch(worktree)));
    return pool;
  }

  /**
   * Makes worktrees at `commit` until there are so many; whoever wants one meanwhile waits for the next of them.
   *
   * @throws GIT_FAILED
   */
  async prepare(commit: Sha, count: number): Promise<void> {
    this.#isPreparing = true;
    try {
      while (this.#names.size < count) {
        this.#free.push(await this.#addNext(commit));
      }
    } finally {
      // Whoever waits makes one of its own where this failed, and learns why.
      this.#isPreparing = false;
    }
  }

  /**
   * A worktree that nobody else has, at `commit`. Prefers one that is there already.
   *
   * @throws GIT_FAILED
   */
  async acquire(commit: Sha): Promise<Worktree> {
    while (this.#free.length === 0 && this.#isPreparing) {
      await this.#adding;
    }
    const ready = this.#free.findIndex((worktree) => worktree.isAt(commit));
    const [worktree] = this.#free.splice(Math.max(ready, 0), 1);
    if (worktree === undefined) {
      return await this.#addNext(commit);
    }
    if (!worktree.isWhole) {
      this.#names.delete(worktree.name);
      await removeWorktree(worktree);
      return await this.#addNext(commit);
    }
    if (!worktree.isAt(commit) && !(await this.#orFree(worktree, () => worktree.resetUnlessStuck(commit)))) {
      // What is left of it keeps its name.
      await removeWorktree(worktree);
      return await this.#addNext(commit);
    }
    return worktree;
  }

  /**
   * Gives a worktree back, in whatever state; one that is stuck is not given out again. Whoever had it must have ended
   * all processes in it.
   */
  release(worktree: Worktree): void {
    if (!worktree.isStuck && !this.#free.includes(worktree)) {
      this.#free.push(worktree);
    }
  }

  /** Where the step fails, somebody else may have the worktree. */
  async #orFree<T>(worktree: Worktree, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (cause) {
      this.release(worktree);
      throw cause;
    }
  }

  /** One after the other: git locks its list of worktrees. */
  #addNext(commit: Sha): Promise<Worktree> {
    const added = this.#adding.then(() => this.#add(commit));
    this.#adding = added.catch(() => {});
    return added;
  }

  async #add(commit: Sha): Promise<Worktree> {
    let number = this.#names.size + 1;
    while (this.#names.has(`w${number}`)) {
      number += 1;
    }
    const name = `w${number}`;
    const folder = join(this.#folder, name);
    await rm(folder, { recursive: true, force: true });
    await pastHalfMadeWorktree(this.#repository.clock, () =>
      this.#repository.git(["worktree", "add", "--quiet", "--detach", "--no-checkout", folder, commit]),
    );
    const gitDir = await gitDirOf(folder);
    const worktree = new Worktree({ name, folder, gitDir, ...surroundings(this.#repository), ...this.#options });
    this.#names.add(name);
    await this.#orFree(worktree, () => worktree.reset(commit));
    return worktree;
  }
}

const surroundings = ({ clock, runner }: Repository) => ({ clock, runner });

/**
 * Removes the pools below a folder that nobody has opened for so long: those of setup commands that are no longer used.
 * What has no name of a pool, or is a link to somewhere else, is left alone.
 *
 * @param unusedMs milliseconds
 */
export async function removeUnusedPools(
  repository: Repository,
  folder: string,
  { unusedMs, isPool }: { readonly unusedMs: number; readonly isPool: (name: string) => boolean },
): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const { name } of entries.filter((entry) => entry.isDirectory() && isPool(entry.name))) {
    const pool = await realpath(join(folder, name));
    const { mtimeMs } = await stat(pool);
    if (repository.clock.now() - mtimeMs < unusedMs) {
      continue;
    }
    const known = await knownWorktrees(repository.commonDir);
    // Those that a command made inside of one of them, too.
    for (const worktree of known.filter((each) => each.folder.startsWith(pool + sep))) {
      await removeWorktree(worktree);
    }
    await rm(pool, { recursive: true, force: true });
  }
}

async function removeWorktree({ folder, gitDir }: Omit<FoundWorktree, "name">): Promise<void> {
  await removeFolder(folder);
  await rm(gitDir, { recursive: true, force: true });
}

/** As far as this user may: what a container wrote as root stays, and is in nobody's way. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

interface FoundWorktree {
  readonly name: string;
  readonly folder: string;
  readonly gitDir: string;
}

/** What is left in the pool's folder, after the removal of what is not whole. */
async function findWorktrees(repository: Repository, pool: string): Promise<FoundWorktree[]> {
  const known = await knownWorktrees(repository.commonDir);
  const whole: FoundWorktree[] = [];
  for (const { folder, gitDir, halfMade } of known) {
    if (join(folder, "..") !== pool) {
      continue;
    }
    const present = (await readdir(folder).catch(() => null)) !== null;
    if (present && !halfMade) {
      whole.push({ name: basename(folder), folder, gitDir });
    } else {
      await removeWorktree({ folder, gitDir });
    }
  }
  const names = new Set(whole.map(({ name }) => name));
  for (const name of await readdir(pool)) {
    if (!names.has(name)) {
      await removeFolder(join(pool, name));
    }
  }
  return whole.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

async function gitDirOf(folder: string): Promise<string> {
  const text = await readFile(join(folder, ".git"), "utf8");
  return await realpath(resolve(folder, text.replace(/^gitdir: /, "").trimEnd()));
}
