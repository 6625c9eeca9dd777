import type { Commit, Evidence } from "./evidence.ts";
import type { RandomTask, RandomWorkstream } from "./random-plan.ts";

/** What is asked of the evidence by all who judge it. */
export class Known {
  readonly evidence: Evidence;

  constructor(evidence: Evidence) {
    this.evidence = evidence;
  }

  get workstreams(): readonly RandomWorkstream[] {
    return this.evidence.place.plan.workstreams;
  }

  /** The last state of an entity, or `none`. */
  state(id: string): string {
    return this.evidence.states.get(id) ?? "none";
  }

  isCanceled(): boolean {
    return this.state(this.evidence.place.run) === "canceled";
  }

  hasCriticalFailure(): boolean {
    return this.workstreams.some(({ id, critical }) => critical && this.state(id) === "failed");
  }

  /** The patch of a task; undefined where it made none. A task that is not reset makes no second one. */
  patchOf({ name }: RandomTask): string | undefined {
    return this.evidence.states.has(`${name}~p1`) ? `${name}~p1` : undefined;
  }

  patchState(task: RandomTask): string {
    return this.state(`${task.name}~p1`);
  }

  /** Whether a workstream ended at once, with all that still ran in it. */
  fellAtOnce(ws: RandomWorkstream): boolean {
    const state = this.state(ws.id);
    const fells = ({ name, critical }: RandomTask): boolean => critical && this.state(name) === "failed";
    return (
      ["cancelled", "skipped"].includes(state) ||
      (state === "failed" && ws.tasks.some((task) => fells(task) || this.patchState(task) === "quarantined"))
    );
  }

  /** Commits that can be reached from one, itself included. */
  ancestorsOf(sha: string | undefined): ReadonlySet<Commit> {
    const found = new Set<Commit>();
    const next = sha === undefined ? [] : [sha];
    for (let each = next.pop(); each !== undefined; each = next.pop()) {
      const commit = this.evidence.commits.get(each);
      if (commit !== undefined && !found.has(commit)) {
        found.add(commit);
        next.push(...commit.parents);
      }
    }
    return found;
  }
}
