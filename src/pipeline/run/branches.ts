import type { Plan } from "../../plan/index.ts";
import {
  advanceBranch,
  type BranchMaker,
  branchReference,
  commitsOf,
  createBranch,
  type Repository,
  referencesBelow,
  runBranch,
  type Sha,
  workstreamBranch,
} from "../git/index.ts";
import type { PlanIndex } from "./plan-index.ts";
import {
  lastMergeOf,
  markMerge,
  mergeReferences,
  type PreparedMerge,
  readMerge,
  withoutEndedMerge,
} from "./prepared-merge.ts";

/** What the store says of a run, and its plan. */
interface About {
  readonly index: PlanIndex;
  /** Whether a patch, by the id that the machines have for it, has ended without being committed. */
  readonly hasEndedUncommitted: (ledger: string) => boolean;
  /** The workstreams that have ended otherwise than completed. */
  readonly endedUnmerged: () => ReadonlySet<string>;
  /** The last commit that is recorded of a workstream, or null. */
  readonly lastCommitOf: (workstream: string) => Sha | null;
  /** The workstream that was completed last, or null. */
  readonly lastCompleted: () => string | null;
}

/** The branches of one run and where they stand. Git's references are the truth; this remembers them. */
export class RunBranches {
  readonly run: string;
  readonly base: Sha;
  readonly #repository: Repository;
  readonly #maker: BranchMaker;
  readonly #about: About;
  readonly #tips = new Map<string, Promise<Sha>>();
  /** A command of the run may take the references of these away; after a restart nothing else tells of them. */
  readonly #merges = new Map<string, PreparedMerge>();
  #runTip: Promise<Sha> | undefined;

  constructor(repository: Repository, maker: BranchMaker, base: Sha, about: About) {
    this.#repository = repository;
    this.#maker = maker;
    this.run = maker.run;
    this.base = base;
    this.#about = about;
  }

  /**
   * Where the run's branch stands; makes it when it is not there.
   * @throws PawlError BRANCH_EXISTS when somebody else made a branch of that name, BRANCH_MOVED when what was merged is
   *   not in it, BRANCH_CHECKED_OUT when it has to go back
   */
  runTip(): Promise<Sha> {
    if (this.#runTip === undefined) {
      const tip = this.#createOfRun();
      this.#runTip = tip;
      tip.catch(() => {
        this.#runTip = undefined;
      });
    }
    return this.#runTip;
  }

  /** Where a workstream's branch stands; one that waited for another starts from what was merged before it. */
  tip(workstream: string): Promise<Sha> {
    let tip = this.#tips.get(workstream);
    if (tip === undefined) {
      tip = this.#create(this.#about.index.workstream(workstream));
      this.#tips.set(workstream, tip);
      tip.catch(() => this.#tips.delete(workstream));
    }
    return tip;
  }

  /** Remembers a commit that git has already moved the workstream's branch to. */
  moved(workstream: string, to: Sha): void {
    this.#tips.set(workstream, Promise.resolve(to));
  }

  /** Remembers a merge that was made and that no branch was moved to yet, beyond a crash too. */
  async prepared(merge: string, made: PreparedMerge): Promise<void> {
    await markMerge(this.#repository, this.run, merge, made);
    this.#merges.set(merge, made);
  }

  /** A merge that was prepared, be it by an earlier process; null where nothing tells of it any more. */
  async preparedMerge(merge: string): Promise<PreparedMerge | null> {
    return this.#merges.get(merge) ?? (await readMerge(this.#repository, this.run, merge));
  }

  /** Moves the run's branch. @throws PawlError BRANCH_MOVED, BRANCH_CHECKED_OUT */
  async moveRun(from: Sha, to: Sha): Promise<void> {
    await advanceBranch(this.#repository, runBranch(this.run), { from, to });
    this.#runTip = Promise.resolve(to);
  }

  async #createOfRun(): Promise<Sha> {
    const completed = this.#about.lastCompleted();
    const recorded = completed === null ? null : await lastMergeOf(this.#repository, this.run, completed);
    const tip = await createBranch(this.#repository, runBranch(this.run), this.#maker, this.base, recorded);
    if (tip === (recorded ?? this.base)) {
      return tip;
    }
    const marks = await referencesBelow(this.#repository, mergeReferences(this.run));
    return await withoutEndedMerge(this.#repository, this.run, { tip, marks }, this.#about.endedUnmerged());
  }

  async #create(workstream: Plan["workstreams"][number]): Promise<Sha> {
    const start = workstream.dependsOn.length === 0 ? this.base : await this.runTip();
    const branch = workstreamBranch(this.run, workstream.id);
    const recorded = this.#about.lastCommitOf(workstream.id);
    const found = await createBranch(this.#repository, branch, this.#maker, start, recorded);
    const from = recorded ?? start;
    return found === from ? found : await this.#withoutUncommitted(branch, { from, to: found });
  }

  /** A process was killed between a commit and the record of it, and a person ended the patch before the next one. */
  async #withoutUncommitted(branch: string, range: { readonly from: Sha; readonly to: Sha }): Promise<Sha> {
    const last = (await commitsOf(this.#repository, range)).at(-1);
    const [parent] = last?.parents ?? [];
    const { "Pawl-Run": run, "Pawl-Ledger": ledger } = last?.trailers ?? {};
    if (parent === undefined || ledger === undefined || run !== this.run || !this.#about.hasEndedUncommitted(ledger)) {
      return range.to;
    }
    await this.#repository.moveReference(branchReference(branch), parent, range.to);
    return parent;
  }
}
