import { createHash } from "node:crypto";
import { join } from "node:path";
import { PawlError } from "../../base/errors/index.ts";
import type { Command } from "../../plan/index.ts";
import { type Repository, type Sha, type Worktree, WorktreePool } from "../git/index.ts";
import { commandOf } from "./definitions.ts";

const poolWithoutSetup = "plain";

/** Whether a folder of this name holds the worktrees of one setup command, or of none. */
export function isPoolName(name: string): boolean {
  return name === poolWithoutSetup || /^[0-9a-f]{12}$/.test(name);
}

/** What a setup command ended with that did not succeed. */
export class SetUpFailure extends Error {
  /** The file that holds what it printed; null where it printed nothing. */
  readonly log: string | null;

  constructor(message: string, log: string | null) {
    super(message);
    this.log = log;
  }
}

/** Runs a setup command in a worktree. Rejects when it fails, with SetUpFailure where it was executed. */
export type SetUp = (worktree: Worktree, setup: Command, signal: AbortSignal) => Promise<void>;

/** Worktrees of one run, those with the same setup command together, each made ready before it is given out. */
export class Worktrees {
  readonly #repository: Repository;
  readonly #folder: string;
  readonly #setUp: SetUp;
  readonly #pools = new Map<string, Promise<WorktreePool>>();
  #preparing: Promise<void> | undefined;
  readonly #poolOf = new WeakMap<Worktree, WorktreePool>();

  /** @param folder where they are kept; nobody else uses it (I8) */
  constructor(repository: Repository, folder: string, setUp: SetUp) {
    this.#repository = repository;
    this.#folder = folder;
    this.#setUp = setUp;
  }

  /** Begins to make so many worktrees at `commit`, all but the setup command. */
  prepare(commit: Sha, setup: Command | null, count: number): void {
    // What goes wrong shows when one is acquired.
    this.#preparing = this.#pool(setup)
      .then((pool) => pool.prepare(commit, count))
      .catch(() => undefined);
  }

  /** Resolves when what `prepare` began has ended. */
  async prepared(): Promise<void> {
    await this.#preparing;
  }

  /**
   * A worktree at `commit` that nobody else has.
   * @throws PawlError SETUP_FAILED, GIT_FAILED
   */
  async acquire(commit: Sha, setup: Command | null, signal: AbortSignal): Promise<Worktree> {
    const pool = await this.#pool(setup);
    const worktree = await pool.acquire(commit);
    this.#poolOf.set(worktree, pool);
    try {
      await this.ready(worktree, setup, signal);
    } catch (error) {
      pool.release(worktree);
      throw error;
    }
    return worktree;
  }

  /**
   * Runs the setup command where it is due. What it wrote stays where .gitignore names it; the rest is taken back, or it
   * would be taken for the work of the first task.
   * @throws PawlError SETUP_FAILED, GIT_FAILED
   */
  async ready(worktree: Worktree, setup: Command | null, signal: AbortSignal): Promise<void> {
    if (setup === null || !worktree.needsSetup) {
      return;
    }
    try {
      await this.#setUp(worktree, setup, signal);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      const log = (cause instanceof SetUpFailure ? cause.log : null) ?? "none";
      throw new PawlError("SETUP_FAILED", { detail, folder: worktree.folder, log }, { cause });
    }
    await worktree.markSetUp();
  }

  /** Gives a worktree back, in whatever state. */
  release(worktree: Worktree): void {
    this.#poolOf.get(worktree)?.release(worktree);
  }

  #pool(setup: Command | null): Promise<WorktreePool> {
    const text = setup === null ? null : JSON.stringify(commandOf(setup));
    const name = text === null ? poolWithoutSetup : createHash("sha256").update(text).digest("hex").slice(0, 12);
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      const folder = join(this.#folder, name);
      pool = WorktreePool.open(this.#repository, { folder, setup: text, keepIgnored: setup !== null });
      this.#pools.set(name, pool);
      pool.catch(() => this.#pools.delete(name));
    }
    return pool;
  }
}
