import type { AnyActorRef } from "xstate";
import { createRedactor } from "../../base/secrets.ts";
import { openSeparateRunner } from "../command/index.ts";
import type { StoredPlan } from "../state/index.ts";
import { RunBranches } from "./branches.ts";
import type { PipelineOptions } from "./options.ts";
import type { PipelineParts } from "./parts.ts";
import { PlanIndex } from "./plan-index.ts";
import { endedUnmerged, lastCompleted } from "./prepared-merge.ts";
import { giveTask } from "./reactions.ts";
import { secretValues } from "./secret-values.ts";
import { RunSite } from "./site.ts";
import { Workers } from "./workers.ts";

/**
 * Makes the place where the work of a run is done. Nothing of it begins by that.
 * @returns throws PawlError SECRET_MISSING, SECRET_TOO_SHORT
 */
export function siteMaker(
  { repository, state, clock, env }: PipelineOptions,
  { store: { storeId }, reader, runtime, services }: Pick<PipelineParts, "store" | "reader" | "runtime" | "services">,
): (run: string, stored: StoredPlan) => RunSite {
  return (run, { plan, base }) => {
    const index = new PlanIndex(plan);
    const workers = new Workers(plan.concurrency, (task, worker) =>
      giveTask(runtime.actor(run) as AnyActorRef | undefined, task, worker),
    );
    const secrets = secretValues(plan, env);
    return new RunSite(services, {
      index,
      runner: openSeparateRunner({ stateDirectory: state.folder, store: storeId, secrets, clock }),
      branches: new RunBranches(repository, { run, store: storeId }, base, {
        index,
        hasEndedUncommitted: (ledger) => services.patches.hasEndedUncommitted(`${run}/${ledger}`),
        endedUnmerged: () => endedUnmerged(reader, run),
        lastCommitOf: (workstream) => services.patches.lastCommitOf(`${run}/${workstream}`),
        lastCompleted: () => lastCompleted(reader, run),
      }),
      secrets: createRedactor(secrets),
      workers,
    });
  };
}
