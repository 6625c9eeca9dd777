import { basename, dirname } from "node:path";
import type { Redactor } from "../../base/secrets.ts";
import type { Clock } from "../../base/time.ts";
import type { Command, Plan } from "../../plan/index.ts";
import {
  type CommandResult,
  type CommandRunner,
  commandSucceeded,
  effectMarker,
  explainCommand,
} from "../command/index.ts";
import { leaveBranch, type Repository, type Sha, type Worktree } from "../git/index.ts";
import type { LogFiles } from "../state/index.ts";
import type { Admission } from "./admission.ts";
import type { RunBranches } from "./branches.ts";
import { type CommandValues, valueVariables, withValues } from "./command-values.ts";
import { commandOf } from "./definitions.ts";
import { PatchTree } from "./patch-tree.ts";
import type { Patches } from "./patches.ts";
import type { PlanIndex } from "./plan-index.ts";
import { Turns } from "./turns.ts";
import { Users } from "./users.ts";
import type { Workers } from "./workers.ts";
import { SetUpFailure, Worktrees } from "./worktrees.ts";

/** What the process has, whatever run it works on. */
export interface SiteServices {
  readonly clock: Clock;
  readonly repository: Repository;
  readonly storeId: string;
  readonly admission: Admission;
  readonly patches: Patches;
  readonly logs: LogFiles;
  /** Folder of the worktrees. */
  readonly worktreesFolder: string;
}

/** One command of a plan, about to be run. */
export interface PlannedCommand {
  /** As errors name it: `task client.bump`. */
  readonly label: string;
  readonly command: Command;
  readonly values: CommandValues;
  readonly env?: Plan["env"];
  readonly timeoutMs?: number;
  readonly expectedExitCode?: number;
  /** Nothing it writes is taken over. */
  readonly changesNothing?: boolean;
  /** Entity and attempt: where its output goes, and what its processes are found by. */
  readonly entity: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

export interface PlannedCommandResult {
  readonly result: CommandResult;
  /** What went wrong, in words and without secrets; undefined for success. */
  readonly failure: string | undefined;
}

/** As of tasks and gates that name none. It is not counted as the time of the first one that needs it. */
const setupTimeoutMs = 1_800_000;

interface SharedWorktree {
  readonly tree: Promise<Worktree>;
  readonly users: Users;
}

/** Where the effects of one run work: its plan, branches, worktrees, patches, and how its commands are run. */
export class RunSite {
  readonly run: string;
  readonly index: PlanIndex;
  readonly branches: RunBranches;
  readonly worktrees: Worktrees;
  readonly merges = new Turns();
  readonly secrets: Redactor;
  readonly runner: CommandRunner;
  readonly workers: Workers;
  readonly services: SiteServices;
  readonly #patchTrees = new Map<string, PatchTree>();
  readonly #mergeTrees = new Map<string, SharedWorktree>();

  constructor(
    services: SiteServices,
    parts: {
      readonly index: PlanIndex;
      readonly branches: RunBranches;
      readonly secrets: Redactor;
      readonly runner: CommandRunner;
      readonly workers: Workers;
    },
  ) {
    this.services = services;
    this.run = parts.branches.run;
    this.index = parts.index;
    this.branches = parts.branches;
    this.secrets = parts.secrets;
    this.runner = parts.runner;
    this.workers = parts.workers;
    this.worktrees = new Worktrees(services.repository, services.worktreesFolder, (worktree, setup, signal) =>
      this.#setUp(worktree, setup, signal),
    );
  }

  /**
   * Makes the run's branch, and has begun to make ready what its first commands need.
   * @throws PawlError what `runTip` throws
   */
  async begin(): Promise<void> {
    const { count, setup } = this.index.firstCommands();
    if (count > 0) {
      this.runner.prepare();
    }
    try {
      await this.branches.runTip();
    } catch (cause) {
      await this.runner.close();
      throw cause;
    }
    if (count > 0) {
      // Both come up while the run is being made.
      this.worktrees.prepare(this.branches.base, setup, Math.min(count, this.index.plan.concurrency));
    }
  }

  /** The row id of an entity of this run: machine ids are unique within a run only. */
  rowId(entity: string): string {
    return `${this.run}/${entity}`;
  }

  /** The worktree in which a workstream's patches are applied. */
  patchTree(workstream: string): PatchTree {
    let tree = this.#patchTrees.get(workstream);
    if (tree === undefined) {
      tree = new PatchTree(this, workstream);
      this.#patchTrees.set(workstream, tree);
    }
    return tree;
  }

  /**
   * Does something in the worktree in which the final gates of a merge run.
   * @param merge its commit; asked for once, by the first of them
   */
  async inMergeTree<T>(
    workstream: string,
    merge: () => Promise<Sha>,
    signal: AbortSignal,
    work: (worktree: Worktree) => Promise<T>,
  ): Promise<T> {
    const { tree, users } = this.#mergeTrees.get(workstream) ?? this.#newMergeTree(workstream, merge, signal);
    return await users.during(async () => await work(await tree));
  }

  /** A workstream is no longer being merged: another may have its turn, and its worktree once all have left it. */
  async mergeIsOver(workstream: string): Promise<void> {
    this.merges.giveBack(workstream);
    const shared = this.#mergeTrees.get(workstream);
    this.#mergeTrees.delete(workstream);
    await shared?.users.gone();
    const tree = await shared?.tree.catch(() => undefined);
    if (tree !== undefined) {
      this.worktrees.release(tree);
    }
  }

  /** A workstream has ended: what was kept for it may serve others. */
  async workstreamIsOver(workstream: string): Promise<void> {
    await Promise.all([this.mergeIsOver(workstream), this.#patchTrees.get(workstream)?.release()]);
    this.#patchTrees.delete(workstream);
  }

  /** Runs a command of the plan in a worktree, which counts as changed from then on. */
  async command(worktree: Worktree, planned: PlannedCommand): Promise<PlannedCommandResult> {
    const { folder, environment } = await worktree.lend({ changesNothing: planned.changesNothing === true });
    const values = { worktree: folder, run: this.run, ...planned.values };
    const { services, index } = this;
    const command = commandOf(planned.command);
    const spec = {
      label: planned.label,
      command: withValues(command, values),
      cwd: folder,
      env: {
        ...environment,
        ...index.plan.env,
        ...planned.env,
        ...valueVariables(values, command),
        // 1 for the first execution: what a task did before a retry, it may want to know.
        PAWL_ATTEMPT: String(planned.attempt),
      },
      marker: effectMarker(services.storeId, `${this.rowId(planned.entity)}#${planned.attempt}`),
      timeoutMs: planned.timeoutMs,
      expectedExitCode: planned.expectedExitCode,
      signal: planned.signal,
      ...services.logs.of(this.run, planned.entity, planned.attempt),
    };
    const result = await this.runner.run(spec);
    await leaveBranch(worktree);
    return {
      result,
      failure: commandSucceeded(result, spec)
        ? undefined
        : explainCommand(result, { ...spec, secrets: this.secrets }).message,
    };
  }

  #newMergeTree(workstream: string, merge: () => Promise<Sha>, signal: AbortSignal): SharedWorktree {
    const shared = { tree: this.#acquireMerge(workstream, merge, signal), users: new Users() };
    this.#mergeTrees.set(workstream, shared);
    shared.tree.catch(() => {
      if (this.#mergeTrees.get(workstream) === shared) {
        this.#mergeTrees.delete(workstream);
      }
    });
    return shared;
  }

  async #acquireMerge(workstream: string, merge: () => Promise<Sha>, signal: AbortSignal): Promise<Worktree> {
    return await this.worktrees.acquire(await merge(), this.index.workstream(workstream).setup, signal);
  }

  async #setUp(worktree: Worktree, setup: Command, signal: AbortSignal): Promise<void> {
    // Each setup command has worktrees of its own, named alike; what runs at the same time must not be taken for one.
    const entity = `setup-${basename(dirname(worktree.folder))}-${worktree.name}`;
    const { failure, result } = await this.command(worktree, {
      label: `setup of worktree ${worktree.name}`,
      command: setup,
      values: {},
      timeoutMs: setupTimeoutMs,
      entity,
      attempt: 1,
      signal,
    });
    if (failure !== undefined) {
      throw new SetUpFailure(failure, result.stderr.file ?? result.stdout.file);
    }
  }
}
