import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import { openRepository, type Repository, type Sha, WorktreePool } from "../../../src/pipeline/git/index.ts";

/** What a file of a test's tree is: text or bytes, a program, or a symlink. */
export type File = string | Buffer | { readonly program: string } | { readonly link: string };

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "pawl-git-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Git as a user would run it, without settings of the machine. */
export function git(folder: string, ...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", ["-c", "core.quotePath=false", ...args], { cwd: folder, env, stdio: "pipe" })
    .toString()
    .trimEnd();
}

/** Puts files into a folder; null takes one away. */
export function put(folder: string, files: Readonly<Record<string, File | null>>): void {
  for (const [name, file] of Object.entries(files)) {
    const path = join(folder, name);
    rmSync(path, { recursive: true, force: true });
    if (file === null) {
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    if (typeof file === "string" || Buffer.isBuffer(file)) {
      writeFileSync(path, file);
    } else if ("link" in file) {
      symlinkSync(file.link, path);
    } else {
      writeFileSync(path, file.program);
      chmodSync(path, 0o755);
    }
  }
}

/** A checkout on branch `main`, by Ann, with one commit of these files. */
export function checkoutWith(files: Readonly<Record<string, File>>): string {
  const folder = join(temporaryFolder(), "checkout");
  mkdirSync(folder);
  git(folder, "init", "-q", "-b", "main");
  git(folder, "config", "user.name", "Ann");
  git(folder, "config", "user.email", "ann@example.com");
  commitAll(folder, files, "start");
  return folder;
}

/** Commits these files in the checkout, as its user would. */
export function commitAll(folder: string, files: Readonly<Record<string, File | null>>, message: string): Sha {
  put(folder, files);
  git(folder, "add", "--all");
  git(folder, "commit", "-q", "--allow-empty", "-m", message);
  return git(folder, "rev-parse", "HEAD");
}

export interface Setting {
  readonly checkout: string;
  readonly repository: Repository;
  readonly pool: WorktreePool;
  /** The checkout's commit. */
  readonly start: Sha;
}

/** A repository of these files, opened, with a pool of worktrees outside the checkout. */
export async function setting(files: Readonly<Record<string, File>> = { "a.txt": "one\n" }): Promise<Setting> {
  const checkout = checkoutWith(files);
  const repository = await openRepository(checkout, { clock: systemClock });
  onTestFinished(() => repository.close());
  return { checkout, repository, pool: await poolOf(repository), start: git(checkout, "rev-parse", "HEAD") };
}

/** The pool of a repository's worktrees, opened as a process would that starts. */
export function poolOf(repository: Repository, setup: string | null = null): Promise<WorktreePool> {
  const folder = join(dirname(repository.root), "worktrees");
  return WorktreePool.open(repository, { folder, setup, keepIgnored: setup !== null });
}
