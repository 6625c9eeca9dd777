import type { Plan } from "../../plan/index.ts";
import {
  advanceBranch,
  type BranchMaker,
  createBranch,
  type Repository,
  runBranch,
  type Sha,
  workstreamBranch,
} from "../git/index.ts";
import type { PlanIndex } from "./plan-index.ts";

/** The branches of one run and where they stand. Git's references are the truth; this remembers them. */
export class RunBranches {
  readonly run: string;
  readonly base: Sha;
  readonly #repository: Repository;
  readonly #maker: BranchMaker;
  readonly #index: PlanIndex;
  readonly #tips = new Map<string, Promise<Sha>>();
  #runTip: Promise<Sha> | undefined;

  constructor(repository: Repository, maker: BranchMaker, base: Sha, index: PlanIndex) {
    this.#repository = repository;
    this.#maker = maker;
    this.run = maker.run;
    this.base = base;
    this.#index = index;
  }

  /**
   * Where the run's branch stands; makes it when it is not there.
   * @throws PawlError BRANCH_EXISTS when somebody else made a branch of that name
   */
  runTip(): Promise<Sha> {
    this.#runTip ??= createBranch(this.#repository, runBranch(this.run), this.#maker, this.base);
    return this.#runTip;
  }

  /** Where a workstream's branch stands; one that waited for another starts from what was merged before it. */
  tip(workstream: string): Promise<Sha> {
    let tip = this.#tips.get(workstream);
    if (tip === undefined) {
      tip = this.#create(this.#index.workstream(workstream));
      this.#tips.set(workstream, tip);
      tip.catch(() => this.#tips.delete(workstream));
    }
    return tip;
  }

  /** Remembers a commit that git has already moved the workstream's branch to. */
  moved(workstream: string, to: Sha): void {
    this.#tips.set(workstream, Promise.resolve(to));
  }

  /** Moves the run's branch. @throws PawlError BRANCH_MOVED, BRANCH_CHECKED_OUT */
  async moveRun(from: Sha, to: Sha): Promise<void> {
    await advanceBranch(this.#repository, runBranch(this.run), { from, to });
    this.#runTip = Promise.resolve(to);
  }

  async #create(workstream: Plan["workstreams"][number]): Promise<Sha> {
    const start = workstream.dependsOn.length === 0 ? this.base : await this.runTip();
    return await createBranch(this.#repository, workstreamBranch(this.run, workstream.id), this.#maker, start);
  }
}
