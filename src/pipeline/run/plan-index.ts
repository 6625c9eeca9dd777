import { plannedTask, taskId } from "../../../machines/ids.ts";
import type { Plan, Task, Workstream } from "../../plan/index.ts";

/** A task with the workstream it belongs to. */
export interface PlannedTask {
  readonly task: Task;
  readonly workstream: Workstream;
}

/** A plan by the ids that the machines use. */
export class PlanIndex {
  readonly plan: Plan;
  readonly #workstreams: ReadonlyMap<string, Workstream>;
  readonly #tasks: ReadonlyMap<string, PlannedTask>;

  constructor(plan: Plan) {
    this.plan = plan;
    this.#workstreams = new Map(plan.workstreams.map((workstream) => [workstream.id, workstream]));
    this.#tasks = new Map(
      plan.workstreams.flatMap((workstream) =>
        workstream.tasks.map((task) => [taskId(workstream.id, task.id), { task, workstream }] as const),
      ),
    );
  }

  /** How many commands of its first workstream wait for nothing, and the setup command before them. */
  firstCommands(): { readonly count: number; readonly setup: Workstream["setup"] } {
    const first = this.plan.workstreams.find(({ dependsOn }) => dependsOn.length === 0);
    const free = first?.tasks.filter(
      ({ kind, dependsOn, gateDependencies }) =>
        kind !== "patch" && dependsOn.length === 0 && gateDependencies.length === 0,
    );
    return { count: free?.length ?? 0, setup: first?.setup ?? null };
  }

  /** @throws Error when the run's machines know a workstream that its plan does not */
  workstream(id: string): Workstream {
    return found(this.#workstreams.get(id), `workstream ${id}`);
  }

  /** @param id as the machines have it: `workstream.task`; a successor is the same task of the plan */
  task(id: string): PlannedTask {
    return found(this.#tasks.get(plannedTask(id)), `task ${id}`);
  }

  tool(id: string): Plan["tools"][number] {
    return found(
      this.plan.tools.find((tool) => tool.id === id),
      `tool ${id}`,
    );
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) {
    throw new Error(`${name} is not in the stored plan`);
  }
  return value;
}
