import type { Database } from "better-sqlite3";
import { PawlError } from "../../base/errors/index.ts";
import type { Plan } from "../../plan/index.ts";
import type { InspectorFeed } from "../../runtime/index.ts";
import type { Store, StoredAuditRow } from "../../store/port.ts";
import { killLeftovers, stopLeftovers } from "../command/index.ts";
import { branchTakingName, resolveBase } from "../git/index.ts";
import {
  claimStateFolder,
  planAsStored,
  readConfiguration,
  readStoredPlan,
  type StoredPlan,
  storedPlanHash,
} from "../state/index.ts";
import { workstreamDefinitions } from "./definitions.ts";
import { Inbox } from "./inbox.ts";
import { type Intervention, intervene, interventionDoor } from "./intervention.ts";
import type { PipelineOptions } from "./options.ts";
import { openParts, type PipelineParts } from "./parts.ts";
import { reactTo } from "./reactions.ts";
import { beginUnderName } from "./run-ids.ts";
import type { RunSite, SiteServices } from "./site.ts";
import { siteMaker } from "./site-maker.ts";
import { takeUp } from "./take-up.ts";
import { refuseUnknownMerges } from "./unknown-merges.ts";

/** How a run ended. */
export type RunEnd = "succeeded" | "failed" | "canceled";

/**
 * Works on the runs of one repository: opened by the one process that holds its store (I8). What was running when the
 * last one ended is restored, and waits until `resume` lets it go on.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #store: Store;
  readonly #reader: Database;
  readonly #runtime: PipelineParts["runtime"];
  readonly #services: SiteServices;
  /** Plans of runs that are about to be made: they are written with them. */
  readonly #newPlans: Map<string, StoredPlan>;
  readonly #unfollow: () => void;
  readonly #makeSite: ReturnType<typeof siteMaker>;
  #site: RunSite | undefined;
  #leftovers: Promise<unknown> | undefined;
  /** Who winds down or closes waits for it, and closes what it opens. */
  #beginning: Promise<unknown> | undefined;
  #inbox: Inbox | undefined;
  #ended: ((state: RunEnd) => void) | undefined;
  #failed: ((error: unknown) => void) | undefined;

  private constructor(options: PipelineOptions, parts: PipelineParts) {
    this.#options = options;
    this.#store = parts.store;
    this.#reader = parts.reader;
    this.#runtime = parts.runtime;
    this.#services = parts.services;
    this.#newPlans = parts.newPlans;
    this.#unfollow = parts.unfollow;
    this.#makeSite = siteMaker(options, parts);
    parts.store.onCommitted((audits) => {
      for (const audit of audits) {
        options.onTransition?.(audit);
      }
    });
  }

  /**
   * Opens the state of a repository and claims it.
   * @throws PawlError STORE_IN_USE, STORE_NEWER, STORE_NOT_A_DATABASE, STORE_DAMAGED, STORE_READ_ONLY,
   *   STATE_FOLDER_UNUSABLE, STATE_OF_ANOTHER_REPOSITORY, RUN_OF_ANOTHER_BUILD
   */
  static async open(options: PipelineOptions): Promise<Pipeline> {
    const { state, repository } = options;
    await repository.checkOwnFolder(state.folder);
    await claimStateFolder(state, repository.root);
    await repository.excludeFromGit(state.folder);
    repository.spawnElsewhere();
    // The effects of what is restored ask for their run's site, which is not known before the parts are open.
    let pipeline: Pipeline | undefined;
    const parts = await openParts(options, {
      siteOf: (run) => (pipeline as Pipeline).#siteOf(run),
      failed: (error) => (pipeline === undefined ? undefined : pipeline.#failed?.(error)),
    });
    pipeline = new Pipeline(options, parts);
    return pipeline;
  }

  /** The run that has not ended, if there is one. */
  unfinished(): { readonly run: string; readonly state: string } | undefined {
    return this.runs().find(({ status }) => status === "active");
  }

  /** All runs, oldest first. */
  runs(): { readonly run: string; readonly state: string; readonly status: string }[] {
    return this.#runtime
      .list({ machine: "run", rootsOnly: true })
      .map(({ id, state, status }) => ({ run: id, state, status }));
  }

  /**
   * Begins a run of a plan, and resolves with its id when that is on disk. Nothing of it starts before `work`.
   * @throws PawlError RUN_UNFINISHED, RUN_EXISTS, RUN_NAME, BASE_UNKNOWN, BRANCH_EXISTS, SECRET_MISSING,
   *   SECRET_TOO_SHORT
   */
  async start(plan: Plan, { id }: { readonly id?: string | undefined } = {}): Promise<string> {
    const unfinished = this.unfinished();
    if (unfinished !== undefined) {
      throw new PawlError("RUN_UNFINISHED", unfinished);
    }
    const { repository } = this.#options;
    const base = await resolveBase(repository, plan.base);
    const stored = { plan: planAsStored(plan, repository), base };
    const taking = (name: string) => branchTakingName(repository, { run: name, store: this.#store.storeId }, base);
    const names = { id, existing: this.runs(), taking };
    const run = await beginUnderName(plan.name, names, (name) => this.#begin(name, stored));
    const definitions = workstreamDefinitions(plan);
    this.#newPlans.set(run, stored);
    this.#runtime
      .createActor("run", { id: run, input: { run_id: run, plan_sha256: storedPlanHash(stored) } })
      .send({ type: "orchestrator_started", workstreams: definitions });
    await this.#runtime.settled();
    return run;
  }

  /**
   * Works on a run until it ends. What a killed process left running is stopped first.
   * @throws PawlError RUN_AHEAD_OF_STORE, what `check` throws where that was not asked before, and what makes the store
   *   fail (STORE_FULL, …)
   */
  async work(run: string): Promise<RunEnd> {
    const site = this.#site?.run === run ? this.#site : this.#siteFor(run);
    const end = new Promise<RunEnd>((resolve, reject) => {
      this.#ended = resolve;
      this.#failed = reject;
    });
    // A failure before anybody waits is told to whoever waits later.
    end.catch(() => undefined);
    const beginning = this.#beginWork(site);
    this.#beginning = beginning.catch(() => undefined);
    const unsubscribe = await beginning;
    try {
      return await end;
    } finally {
      unsubscribe();
    }
  }

  /** @returns what ends to follow the run's commits */
  async #beginWork(site: RunSite): Promise<() => void> {
    const { state, clock, repository } = this.#options;
    await this.#withoutLeftovers();
    const maker = { run: site.run, store: this.#store.storeId, base: site.branches.base };
    await refuseUnknownMerges(repository, this.#reader, maker);
    // One with nothing to do has ended as soon as it began, and a timer may have ended another one since it was checked.
    const { state: reached, status } = this.#known(site.run);
    if (status !== "active") {
      await this.#runtime.settled();
      this.#ended?.(reached as RunEnd);
      return () => undefined;
    }
    const unsubscribe = this.#store.onCommitted((audits) => this.#committed(audits, site));
    takeUp(this.#runtime, site);
    this.#inbox = await Inbox.open(state.inbox, clock, (request) =>
      this.intervene(request.run, request.asked, request.id),
    );
    this.#services.admission.open();
    return unsubscribe;
  }

  /** That a run can be worked on. @throws PawlError RUN_UNKNOWN, RUN_ENDED, SECRET_MISSING, SECRET_TOO_SHORT */
  check(run: string): void {
    this.#siteFor(run);
  }

  /**
   * Does what a person asks of a run that has not ended, and resolves when it is durable. Where nobody works on the run,
   * what a killed process left running is stopped first: no other would. The plan's secrets are needed by commands alone.
   * @param id makes a second request of one id a no-op
   * @throws PawlError RUN_UNKNOWN, RUN_ENDED, and what `intervene` throws
   */
  async intervene(run: string, asked: Intervention, id: string): Promise<void> {
    // An override of what has ended is refused by its machine, and the attempt goes into the log.
    if (asked.kind === "cancel") {
      this.#checkActive(run);
    }
    await this.#withoutLeftovers();
    const { repository, state } = this.#options;
    const configuration = await readConfiguration(repository.root);
    await intervene(interventionDoor(this.#runtime), run, asked, { id, configuration, folder: state.folder });
  }

  /** Serves Stately's inspector protocol for the run's actors, on loopback and behind a token. */
  inspect(): Promise<InspectorFeed> {
    return this.#runtime.openInspector();
  }

  /** Starts nothing new, waits for what runs, and resolves when all of it is on disk. */
  async windDown(): Promise<void> {
    this.#site?.workers.stop();
    this.#services.admission.close();
    await this.#beginning;
    await this.#services.admission.empty();
    // What came to its end last is taken in within this turn, and only then waits to be written.
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.#runtime.settled();
  }

  /** Kills what runs, at once. As safe as a crash; the process is to end after it. */
  stopNow(): void {
    this.#services.admission.close();
    this.#runtime.halt();
    const { state, clock } = this.#options;
    killLeftovers(state.folder, this.#store.storeId, { clock });
  }

  async close(): Promise<void> {
    this.#services.admission.close();
    await this.#beginning;
    await this.#inbox?.close();
    await this.#site?.worktrees.prepared();
    await this.#site?.runner.close();
    await this.#runtime.close();
    this.#unfollow();
    this.#reader.close();
    this.#store.close();
    this.#options.repository.close();
  }

  async #begin(run: string, stored: StoredPlan): Promise<void> {
    await this.#withoutLeftovers();
    this.#site = this.#makeSite(run, stored);
    await this.#site.begin();
  }

  /** Once, and before this process starts a command: what it starts looks like what an earlier one left. */
  #withoutLeftovers(): Promise<unknown> {
    const { state, clock } = this.#options;
    this.#leftovers ??= stopLeftovers(state.folder, this.#store.storeId, { clock });
    return this.#leftovers;
  }

  #committed(audits: readonly StoredAuditRow[], site: RunSite): void {
    // Not inside the commit: what it sets off is of the next one.
    queueMicrotask(() => {
      for (const audit of audits) {
        reactTo(audit, site, (state) => this.#ended?.(state as RunEnd));
      }
    });
  }

  #siteFor(run: string): RunSite {
    this.#checkActive(run);
    this.#site ??= this.#makeSite(run, readStoredPlan(this.#reader, run) as StoredPlan);
    return this.#site;
  }

  #checkActive(run: string): void {
    const { state, status } = this.#known(run);
    if (status !== "active") {
      throw new PawlError("RUN_ENDED", { run, state });
    }
  }

  #known(run: string): { readonly state: string; readonly status: string } {
    const found = this.runs().find((each) => each.run === run);
    if (found === undefined) {
      const known = this.runs().map((each) => each.run);
      throw new PawlError("RUN_UNKNOWN", {
        run,
        folder: this.#options.state.folder,
        known: known.join(", ") || "none",
      });
    }
    return found;
  }

  #siteOf(run: string): RunSite {
    if (this.#site?.run !== run) {
      throw new Error(`nobody works on run ${run}`);
    }
    return this.#site;
  }
}
