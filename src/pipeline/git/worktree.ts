import { existsSync } from "node:fs";
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/time.ts";
import { type Footprint, footprintOf, isUnchanged, settledMs } from "./footprint.ts";
import { forgetWorktreesIn } from "./known-worktrees.ts";
import { type GitAnswer, type GitCall, type GitRunner, runGit } from "./process.ts";
import type { Sha } from "./repository.ts";
import { isSetUp, markSetUp } from "./setup-mark.ts";
import { removeUnseen } from "./unseen.ts";
import { restoreSettings } from "./worktree-settings.ts";

/** What a worktree needs to know of the pool it belongs to. */
export interface WorktreePlace {
  readonly name: string;
  readonly folder: string;
  /** Git's own folder of this worktree. */
  readonly gitDir: string;
  readonly clock: Clock;
  readonly runner: GitRunner;
  /** Stands for the setup command; null when there is none. */
  readonly setupKey: string | null;
  /** True to leave what .gitignore names (installed packages, build caches) in place between tasks. */
  readonly keepIgnored: boolean;
}

/**
 * A working tree of Pawl's own, without a branch. A command gets it by `lend`; what the command does to git's files in
 * it (index, HEAD, even a deleted `.git`) cannot mislead Pawl, which keeps an index of its own and never searches for
 * the repository: with a lost `.git` a search would end in the user's checkout (I12).
 */
export class Worktree {
  /** Name of its folder in the pool. */
  readonly name: string;
  /** The commit it was last set to. */
  commit: Sha | null = null;
  /** True when the setup command has to run in it first; see `markSetUp`. */
  needsSetup = true;
  /**
   * True once something in it cannot be taken away by the user of this process: containers write as root. Another
   * worktree takes its place.
   */
  isStuck = false;
  readonly #place: WorktreePlace;
  #untouched = false;
  #wasLent = false;
  #footprint: Footprint | null = null;

  constructor(place: WorktreePlace) {
    this.name = place.name;
    this.#place = place;
  }

  /** Absolute. To look at; a command is given the folder by `lend`. */
  get folder(): string {
    return this.#place.folder;
  }

  /** Git's own folder of this worktree. */
  get gitDir(): string {
    return this.#place.gitDir;
  }

  /** False once a command has taken away git's own folder of it: `git worktree remove` does. Nothing mends that. */
  get isWhole(): boolean {
    return existsSync(join(this.gitDir, "HEAD"));
  }

  /** Whether it is at `commit`, with nothing changed since. */
  isAt(commit: Sha): boolean {
    return this.#untouched && this.commit === commit;
  }

  /** Remembers that the files no longer are those of `commit`. */
  markTouched(): void {
    this.#untouched = false;
  }

  /** Its index was committed: the files are those of the commit, unless a command worked in it since the last reset. */
  markCommitted(commit: Sha): void {
    this.commit = commit;
    this.#untouched = !this.#wasLent;
  }

  /**
   * Gives the worktree to a command. From now on it counts as changed, unless `recognise` finds it as it was.
   *
   * @param changesNothing true for a command after which `recognise` is to be asked
   * @returns the folder, and variables for the command, so that its git does not look for a repository above it
   */
  async lend({
    changesNothing = false,
  } = {}): Promise<{ readonly folder: string; readonly environment: Readonly<Record<string, string>> }> {
    const wasUntouched = this.#untouched;
    const isAsLent = this.#wasLent && wasUntouched && this.#footprint !== null;
    this.#untouched = false;
    this.#wasLent = true;
    if (!isAsLent) {
      await this.#shareIndex();
      this.#footprint = changesNothing && wasUntouched ? await this.#settledFootprint() : null;
    }
    return { folder: this.folder, environment: { GIT_CEILING_DIRECTORIES: join(this.folder, "..") } };
  }

  /** After a command that should have changed nothing: if nothing did change, it need not be reset. */
  recognise(): void {
    this.#untouched = this.#footprint !== null && isUnchanged(this.#footprint);
  }

  #lookAt(): Footprint | null {
    return footprintOf(
      this.folder,
      ["HEAD", "index"].map((name) => join(this.gitDir, name)),
    );
  }

  async #settledFootprint(): Promise<Footprint | null> {
    const { clock } = this.#place;
    const found = this.#lookAt();
    const waitMs = found === null ? 0 : found.youngestMs + settledMs - clock.now();
    if (waitMs > 0) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, Math.min(waitMs, settledMs)));
    }
    return found;
  }

  async #shareIndex(): Promise<void> {
    await removeFrom(this.gitDir, isLock);
    const own = ownIndex(this.gitDir);
    const shared = join(this.gitDir, "index");
    const { atime, mtime } = await stat(own);
    await copyFile(own, shared);
    // Git trusts an entry that is older than its index: a newer index would hide changes made in the same second.
    await utimes(shared, atime, Math.floor(mtime.getTime() / 1000));
  }

  /**
   * The setup command has done its work: what it wrote goes but for what .gitignore names, and that is remembered beyond
   * a crash.
   *
   * @throws GIT_FAILED
   */
  async markSetUp(): Promise<void> {
    this.needsSetup = false;
    if (this.commit !== null) {
      await this.#resetTo(this.commit);
    }
    if (this.#place.setupKey !== null) {
      await markSetUp(this, this.#place.setupKey);
    }
  }

  /**
   * Brings the files to `commit`: everything a task left is gone, but for ignored files where they are kept. Where the
   * setup command has to run, it begins without those.
   *
   * @throws GIT_FAILED
   */
  async reset(commit: Sha): Promise<void> {
    const { setupKey } = this.#place;
    this.needsSetup = setupKey !== null && !(await isSetUp(this, setupKey));
    await this.#resetTo(commit);
  }

  async #resetTo(commit: Sha): Promise<void> {
    this.#untouched = false;
    await removeFrom(this.gitDir, (name) => isLock(name) || isUnfinished(name));
    await restoreSettings(this.gitDir);
    await this.#restoreGitFile();
    // Before the first reset nobody knows what an earlier process lent.
    const mayHoldUnseen = this.#wasLent || this.commit === null;
    await this.#checkOut(commit, mayHoldUnseen);
    if (mayHoldUnseen) {
      await forgetWorktreesIn(this);
    }
    this.#wasLent = false;
    this.#footprint = null;
    this.commit = commit;
    this.#untouched = true;
  }

  /** The same, or false where it is stuck. @throws as `reset` does where it is not */
  async resetUnlessStuck(commit: Sha): Promise<boolean> {
    try {
      await this.reset(commit);
      return true;
    } catch (cause) {
      if (!this.isStuck) {
        throw cause;
      }
      return false;
    }
  }

  /** Runs git on this worktree, with Pawl's own index. */
  git(args: readonly string[], more: Partial<Omit<GitCall, "args" | "cwd">> = {}): Promise<GitAnswer> {
    const env = {
      GIT_DIR: this.gitDir,
      GIT_WORK_TREE: this.folder,
      GIT_INDEX_FILE: ownIndex(this.gitDir),
      ...more.env,
    };
    return runGit({ cwd: this.folder, ...more, args, env }, this.#place.runner);
  }

  async #checkOut(commit: Sha, mayHoldUnseen: boolean): Promise<void> {
    // Not `reset --hard`: were HEAD on a branch that a task switched to, that would move the branch.
    const checkOut = ["checkout", "--quiet", "--force", "--detach", commit];
    const clean = ["clean", "--quiet", "-ffd", ...(this.#place.keepIgnored && !this.needsSetup ? [] : ["-x"])];
    try {
      await this.git(checkOut);
      if (mayHoldUnseen) {
        await removeUnseen(this, commit);
      }
      await this.git(clean);
    } catch {
      // A task may have taken away the right to write; a broken index is made again from the commit.
      await makeWritable(this.folder);
      await rm(ownIndex(this.gitDir), { force: true });
      try {
        await this.git(checkOut);
        await removeUnseen(this, commit);
        await this.git(clean);
      } catch (cause) {
        this.isStuck = /Permission denied|Operation not permitted/.test(String(cause));
        throw cause;
      }
    }
  }

  async #restoreGitFile(): Promise<void> {
    if ((await lstat(this.folder).catch(() => null))?.isDirectory() === false) {
      // A command put a link in its place: what that leads to is not Pawl's to clean.
      await rm(this.folder);
    }
    const file = join(this.folder, ".git");
    const wanted = `gitdir: ${this.gitDir}\n`;
    const found = await readFile(file, "utf8").catch(() => null);
    if (found !== wanted) {
      await mkdir(this.folder, { recursive: true });
      await rm(file, { recursive: true, force: true });
      await writeFile(file, wanted);
    }
  }
}

const ownIndex = (gitDir: string): string => join(gitDir, "pawl-index");

/** A lock of a git that was killed. Whoever asks knows that no git works in the worktree. */
const isLock = (name: string): boolean => name.endsWith(".lock");

/**
 * What git keeps of something that a task began and did not end, for which git would refuse to begin anew, and of what
 * it wants to see of the tree (`info/sparse-checkout`), by which the next task would lose the rest.
 */
const isUnfinished = (name: string): boolean => /^(rebase-merge|rebase-apply|sequencer|info|BISECT_.*)$/.test(name);

async function removeFrom(gitDir: string, isOver: (name: string) => boolean): Promise<void> {
  const names = (await readdir(gitDir)).filter(isOver);
  await Promise.all(names.map((name) => rm(join(gitDir, name), { recursive: true, force: true })));
}

/** As far as this user may: git says of the rest what it is. */
async function makeWritable(folder: string): Promise<void> {
  const entry = await lstat(folder);
  if (entry.isDirectory()) {
    await chmod(folder, entry.mode | 0o700).catch(() => undefined);
    for (const name of await readdir(folder).catch(() => [])) {
      await makeWritable(join(folder, name));
    }
  }
}
