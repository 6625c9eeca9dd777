import { applyPatch, type Patch, parsePatch, type Sha, type Worktree } from "../git/index.ts";
import type { RunBranches } from "./branches.ts";
import type { Patches } from "./patches.ts";
import type { PlanIndex } from "./plan-index.ts";
import { Users } from "./users.ts";
import type { Worktrees } from "./worktrees.ts";

/** What it needs of the place where a run works. */
interface Surroundings {
  readonly branches: RunBranches;
  readonly worktrees: Worktrees;
  readonly index: PlanIndex;
  readonly services: { readonly patches: Patches };
  rowId(entity: string): string;
}

/** A patch in its workstream's worktree, on the workstream's tip. */
export interface AppliedPatch {
  readonly id: string;
  readonly worktree: Worktree;
  readonly parsed: Patch;
  /** The commit that it was applied to. */
  readonly parent: Sha;
}

/** A patch that does not fit the workstream's tip: an outcome, not a fault of Pawl. */
export class DoesNotApply extends Error {}

/**
 * The worktree of one workstream, in which its patches are applied and checked, one after the other. What a restart
 * lost of it is made again from the workstream's tip and the patch.
 */
export class PatchTree {
  readonly #site: Surroundings;
  readonly #workstream: string;
  #worktree: Worktree | undefined;
  #applied: AppliedPatch | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #users = new Users();

  constructor(site: Surroundings, workstream: string) {
    this.#site = site;
    this.#workstream = workstream;
  }

  /**
   * Does something in the worktree with this patch applied. Several gates may ask at the same time; it is applied once.
   * Until all of them have ended nobody else gets the worktree: a gate that was stopped may take its time to go.
   * @throws DoesNotApply; PawlError SETUP_FAILED, GIT_FAILED; what `work` throws
   */
  async with<T>(patchId: string, signal: AbortSignal, work: (applied: AppliedPatch) => Promise<T>): Promise<T> {
    const { done } = await this.#inTurn(async () => {
      const applied = await this.#apply(patchId, signal);
      // Begun in this turn and awaited outside of it: others may join, or wait in theirs until it has ended.
      return { done: this.#users.during(() => work(applied)) };
    });
    return await done;
  }

  /** The patch is at its end. Where it is still the one in the worktree, it is not taken for applied any more. */
  clear(patchId: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#applied?.id === patchId) {
        this.#applied = undefined;
      }
    });
  }

  /** The workstream has ended: its worktree may serve others. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#users.gone();
      if (this.#worktree !== undefined) {
        this.#site.worktrees.release(this.#worktree);
        this.#worktree = undefined;
        this.#applied = undefined;
      }
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #apply(id: string, signal: AbortSignal): Promise<AppliedPatch> {
    const { branches, services, index, worktrees } = this.#site;
    const { setup } = index.workstream(this.#workstream);
    if (this.#applied?.id !== id) {
      await this.#users.gone();
    }
    const parent = await branches.tip(this.#workstream);
    if (this.#applied?.id === id && this.#applied.parent === parent) {
      return this.#applied;
    }
    this.#applied = undefined;
    if (this.#worktree?.isAt(parent) === false && !(await this.#worktree.resetUnlessStuck(parent))) {
      this.#worktree = undefined;
    }
    this.#worktree ??= await worktrees.acquire(parent, setup, signal);
    await worktrees.ready(this.#worktree, setup, signal);
    const parsed = parsePatch(services.patches.content(this.#site.rowId(id)), id);
    const outcome = await applyPatch(this.#worktree, parsed);
    if (!outcome.applied) {
      throw new DoesNotApply(outcome.reason);
    }
    this.#applied = { id, worktree: this.#worktree, parsed, parent };
    return this.#applied;
  }
}
