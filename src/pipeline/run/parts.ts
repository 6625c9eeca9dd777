import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { openRuntime, type Runtime } from "../../runtime/index.ts";
import { domainComponent } from "../../store/domain/index.ts";
import type { Store } from "../../store/port.ts";
import { openSqlite, openSqliteReader } from "../../store/sqlite/open.ts";
import { followTransitions } from "../../store/transitions-file.ts";
import { LogFiles, type StoredPlan, storedPlansComponent } from "../state/index.ts";
import { Admission } from "./admission.ts";
import { boundMachines } from "./entities.ts";
import type { SiteOf } from "./machines.ts";
import type { PipelineOptions } from "./options.ts";
import { openOverOtherBuilds } from "./other-builds.ts";
import { Patches } from "./patches.ts";
import { probedEffect, probedStore } from "./probe.ts";
import type { RunSite, SiteServices } from "./site.ts";

/** What a pipeline works with, each open. */
export interface PipelineParts {
  readonly store: Store;
  readonly reader: Database;
  readonly runtime: Runtime<ReturnType<typeof boundMachines>>;
  readonly services: SiteServices;
  /** Plans of runs that are about to be made: they are written with them. */
  readonly newPlans: Map<string, StoredPlan>;
  readonly unfollow: () => void;
}

export interface PartsHost {
  /** Where the work of a run is done. */
  readonly siteOf: (run: string) => RunSite;
  /** The store failed. */
  readonly failed: (error: unknown) => void;
}

/**
 * Opens the parts, or leaves none of them open.
 * @throws PawlError RUN_OF_ANOTHER_BUILD, and as {@link openSqlite} and {@link openRuntime} do
 */
export async function openParts(options: PipelineOptions, { siteOf, failed }: PartsHost): Promise<PipelineParts> {
  const { state, repository, clock, ids } = options;
  const components = [domainComponent, storedPlansComponent];
  // Few workers wait for small commits: a thread would cost each of them a hand-over, and 20 MB.
  const noThread = { threadAfterEvents: Number.POSITIVE_INFINITY };
  const store = probedStore(openSqlite({ file: state.database, components, clock, ids, ...noThread }), options.probe);
  let reader: Database | undefined;
  let unfollow: (() => void) | undefined;
  try {
    reader = openSqliteReader(state.database);
    unfollow = followTransitions(store, { file: join(state.folder, "transitions.jsonl") });
    const services: SiteServices = {
      clock,
      repository,
      storeId: store.storeId,
      admission: new Admission(),
      patches: new Patches(reader),
      logs: new LogFiles(state.logs),
      worktreesFolder: state.worktrees,
    };
    const newPlans = new Map<string, StoredPlan>();
    const bound = {
      patches: services.patches,
      newPlan: (run: string) => newPlans.get(run),
      reader,
      siteOf: ((run, signal, work) =>
        services.admission.run(signal, () => probedEffect(options.probe, () => work(siteOf(run))))) satisfies SiteOf,
    };
    const runtime = await openOverOtherBuilds(reader, { toCancel: options.toCancel === true }, (migrationsOf) =>
      openRuntime({
        store,
        machines: boundMachines({ ...bound, migrationsOf }),
        strict: true,
        clock,
        ids,
        onFailure: failed,
      }),
    );
    return { store, reader, runtime, services, newPlans, unfollow };
  } catch (error) {
    unfollow?.();
    reader?.close();
    store.close();
    throw error;
  }
}
