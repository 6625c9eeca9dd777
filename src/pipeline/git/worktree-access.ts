import type { GitAnswer } from "./process.ts";

/** A worktree, as those see it whom it leaves a part of its work to. */
export interface WorktreeAccess {
  /** Absolute. */
  readonly folder: string;
  /** Git's own folder of it. */
  readonly gitDir: string;
  git(args: readonly string[]): Promise<GitAnswer>;
}
