import type { AnyActorRef } from "xstate";
import { workstreamOf } from "../../../machines/ids.ts";
import { catalogue, type EntityType } from "../../../machines/index.ts";
import type { StoredAuditRow } from "../../store/port.ts";
import type { RunSite } from "./site.ts";

const endOfRun: ReadonlySet<string> = new Set(catalogue.run.terminal);
const endOfWorkstream: ReadonlySet<string> = new Set(catalogue.workstream.terminal);
/** Nobody asks for its content any more. No list of ends: a committed one can still be rolled back. */
const endOfPatch: ReadonlySet<string> = new Set(["committed", "quarantined", "dropped"]);

/** What the process does once a transition of its run is on disk (I2): give out work, take back what was lent. */
export function reactTo(
  audit: Pick<StoredAuditRow, "entity_type" | "entity_id" | "from_state" | "to_state">,
  site: RunSite,
  ended: (state: string) => void,
): void {
  const { entity_type, from_state, to_state } = audit;
  const entity = audit.entity_id.slice(site.run.length + 1);
  const workstream = workstreamOf(entity);
  if (entity_type === "task") {
    if (to_state === "queued") {
      site.workers.offer(entity);
    } else if (from_state === "running") {
      site.workers.left(entity);
    }
  } else if (entity_type === "workstream") {
    if (endOfWorkstream.has(to_state)) {
      site.workstreamIsOver(workstream).catch(() => undefined);
    } else if (from_state === "validating") {
      site.mergeIsOver(workstream).catch(() => undefined);
    }
  } else if (entity_type === "patch_ledger" && endOfPatch.has(to_state)) {
    site.services.patches.release(audit.entity_id);
    site
      .patchTree(workstream)
      .clear(entity)
      .catch(() => undefined);
  } else if (entity_type === "run" && audit.entity_id === site.run && endOfRun.has(to_state)) {
    ended(to_state);
  }
}

/** Path of a task's actor: it lives below its workstream, which lives below the run. */
function taskActorId(run: string, task: string): string {
  return `${run}/${workstreamOf(task)}/${task}`;
}

/** Path of an entity's actor by the id that the machines have for it. */
export function entityActorId(run: string, type: EntityType, entity: string): string {
  switch (type) {
    case "run":
      return run;
    case "workstream":
      return `${run}/${entity}`;
    case "circuit_breaker":
    case "worker":
    case "uet_worker":
      return entity;
    case "task":
    case "patch_ledger":
      return taskActorId(run, entity);
    case "test_gate": {
      const patch = /^(.*~p\d+)~[^~]+$/.exec(entity)?.[1];
      return patch === undefined ? taskActorId(run, entity) : `${taskActorId(run, patch)}/${entity}`;
    }
  }
}

/** Hands a queued task of a run to a worker; false when it is not queued any more. */
export function giveTask(run: AnyActorRef | undefined, task: string, worker: string): boolean {
  // From child to child: the runtime would ask the store, each time.
  const actor = childOf(childOf(run, workstreamOf(task)), task);
  if (actor?.getSnapshot().value !== "queued") {
    return false;
  }
  actor.send({ type: "worker_started", worker_id: worker });
  return true;
}

function childOf(actor: AnyActorRef | undefined, id: string): AnyActorRef | undefined {
  const snapshot = actor?.getSnapshot() as { readonly children: Readonly<Record<string, AnyActorRef>> } | undefined;
  return snapshot?.children[id];
}
