import type { RunSite } from "./site.ts";

/** What is asked of the runtime. */
interface Actors {
  list(filter: {
    readonly root: string;
    readonly machine: string;
    readonly status: "active";
  }): readonly { readonly id: string; readonly state: string }[];
  actor(id: string): { getSnapshot(): unknown; send(event: { readonly type: string }): void } | undefined;
}

/** A run of an earlier version may hold tasks whose gate has failed and that nobody told that it was in vain. */
function endIfGateFailed(task: ReturnType<Actors["actor"]>): void {
  const snapshot = task?.getSnapshot() as { context: { failed_gates: readonly string[] } } | undefined;
  if (snapshot !== undefined && snapshot.context.failed_gates.length > 0) {
    task?.send({ type: "nothing_left" });
  }
}

/** Gives work to where it was when the last process ended. */
export function takeUp(runtime: Actors, site: RunSite): void {
  for (const { id, state } of runtime.list({ root: site.run, machine: "task", status: "active" })) {
    const task = id.slice(id.lastIndexOf("/") + 1);
    if (state === "running") {
      const snapshot = runtime.actor(id)?.getSnapshot() as { context: { worker_id: string } } | undefined;
      site.workers.occupy(snapshot?.context.worker_id ?? "", task);
    } else if (state === "queued") {
      site.workers.offer(task);
    } else if (state === "blocked") {
      endIfGateFailed(runtime.actor(id));
    }
  }
  for (const { id, state } of runtime.list({ root: site.run, machine: "workstream", status: "active" })) {
    if (state === "validating.checking" || state === "validating.publishing") {
      site.merges.hold(id.slice(id.lastIndexOf("/") + 1));
    }
  }
}
