import type { AnyActorRef, EventObject } from "xstate";
import { childOf, tellChild, tellChildren } from "../family.ts";
import { dependencyEvent, gateInputs } from "../gate-set.ts";
import { gateId } from "../ids.ts";
import type { PatchChanged } from "../uet/patch-ledger.types.ts";
import type { GateChanged } from "../uet/test-gate.types.ts";
import type { TaskChanged, TaskContext, TaskDefinition, TaskInput, TaskStanding } from "./task.types.ts";
import { standingOf } from "./task-standing.ts";
import type { RunStarted, TaskRedone, TaskTally, WorkstreamContext, WorkstreamEvent } from "./workstream.types.ts";

export const noTasks: TaskTally = {
  total: 0,
  waiting: 0,
  under_way: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  critical_failed: 0,
  forgiven: 0,
};

/** The tally after one of its tasks moved. */
export function tallied(tally: TaskTally, event: TaskChanged): TaskTally {
  const from = standingOf(event.from);
  const to = standingOf(event.to);
  const change = (standing: TaskStanding): number => Number(to === standing) - Number(from === standing);
  const hasFallen = to === "failed" || to === "cancelled";
  return {
    total: tally.total,
    waiting: tally.waiting + change("waiting"),
    under_way: tally.under_way + change("under_way"),
    completed: tally.completed + change("completed"),
    failed: tally.failed + change("failed"),
    cancelled: tally.cancelled + change("cancelled"),
    critical_failed: tally.critical_failed + Number(to === "failed" && event.is_critical),
    forgiven: tally.forgiven + Number(hasFallen && event.allow_failure),
  };
}

const ended = (tally: TaskTally): number => tally.completed + tally.failed + tally.cancelled;

/** Whether some task has begun, or ended without. */
export function hasBegun({ tasks }: Pick<WorkstreamContext, "tasks">): boolean {
  return tasks.total > tasks.waiting;
}

/**
 * What a workstream's tasks and patches call for, as the literal events; the states take what is theirs. The order is
 * that of the source's derivation. §1.3.4
 */
export function derived({
  tasks,
  open_patches,
  quarantined,
}: Pick<WorkstreamContext, "tasks" | "open_patches" | "quarantined">): WorkstreamEvent[] {
  const events: WorkstreamEvent[] = [];
  if (hasBegun({ tasks })) {
    events.push({ type: "first_task_started" });
  }
  if (tasks.critical_failed > 0) {
    events.push({ type: "critical_task_failed" });
  }
  if (quarantined > 0) {
    events.push({ type: "patch_quarantined" });
  }
  if (tasks.total === ended(tasks) && open_patches === 0) {
    const isComplete = tasks.completed + tasks.forgiven === tasks.total;
    events.push({ type: isComplete ? "all_tasks_completed" : "tasks_ended_incomplete" });
  }
  return events;
}

export function allCompleted({ tasks, open_patches, quarantined }: WorkstreamContext): boolean {
  return tasks.completed + tasks.forgiven === tasks.total && open_patches === 0 && quarantined === 0;
}

export function endedIncomplete({ tasks }: WorkstreamContext): boolean {
  return ended(tasks) === tasks.total && tasks.completed + tasks.forgiven < tasks.total;
}

/** The tasks of a workstream, and the gates that they wait for, each under its id. */
export function firstChildren(
  { run_id, ws_id, waiting_for }: WorkstreamContext,
  { tasks, gates = [] }: RunStarted,
): {
  readonly tasks: readonly { readonly id: string; readonly input: TaskInput }[];
  readonly gates: ReturnType<typeof gateInputs>;
} {
  // Nothing starts before the workstreams that this one waits for.
  const held = waiting_for.length > 0;
  const waiting: Record<string, string[]> = {};
  for (const gate of gates) {
    const id = gateId(ws_id, gate.name);
    waiting[gate.name] = tasks.filter((task) => task.gate_dependencies?.includes(id)).map((task) => task.task_id);
  }
  return {
    tasks: tasks.map((task) => ({
      id: task.task_id,
      input: { ...task, run_id, ws_id, held, dependants: dependantsOf(task, tasks) },
    })),
    gates: gateInputs(gates, { run_id, ws_id, set_id: ws_id, stage: "precondition" }, { held, waiting }),
  };
}

const dependantLists = new WeakMap<readonly TaskDefinition[], Map<string, string[]>>();

function dependantsOf(task: TaskDefinition, all: readonly TaskDefinition[]): readonly string[] {
  let lists = dependantLists.get(all);
  if (lists === undefined) {
    // Once for all tasks: looking through all of them for each would be quadratic.
    lists = new Map();
    for (const other of all) {
      for (const id of other.depends_on ?? []) {
        const list = lists.get(id);
        if (list === undefined) {
          lists.set(id, [other.task_id]);
        } else {
          list.push(other.task_id);
        }
      }
    }
    dependantLists.set(all, lists);
  }
  return lists.get(task.task_id) ?? [];
}

interface Sender {
  sendTo(target: AnyActorRef, event: EventObject): void;
}

/** Its end is the end of all below it that has not ended. */
export function stopFamily(self: AnyActorRef, enqueue: Sender, reason: string): void {
  tellChildren(self, enqueue, ["task", "test_gate"], {
    type: "user_cancelled",
    by_parent: true,
    reason,
  } as EventObject);
  tellChildren(self, enqueue, ["patch_ledger"], { type: "workstream_cancelled", reason } as EventObject);
}

/** Gates that nobody waits for any more do not go on. */
export function stopGates(self: AnyActorRef, enqueue: Sender): void {
  tellChildren(self, enqueue, ["test_gate"], { type: "user_cancelled", by_parent: true } as EventObject);
}

/** The patch queue after a patch moved: one at a time has its turn. */
export function queueAfter(
  { patch_queue, patch_active }: WorkstreamContext,
  { patch_id, to }: PatchChanged,
): { readonly patch_queue: readonly string[]; readonly patch_active: string | null; readonly next: string | null } {
  const isOver = to === "committed" || to === "quarantined" || to === "dropped";
  const waiting =
    to === "validated" ? [...patch_queue, patch_id] : patch_queue.filter((id) => !isOver || id !== patch_id);
  const active = isOver && patch_active === patch_id ? null : patch_active;
  const [first, ...rest] = waiting;
  return active === null && first !== undefined
    ? { patch_queue: rest, patch_active: first, next: first }
    : { patch_queue: waiting, patch_active: active, next: null };
}

export function forwardToDependants(
  self: AnyActorRef,
  enqueue: Sender,
  { answers_for, to, dependants }: TaskChanged,
): void {
  for (const id of dependants) {
    tellChild(self, enqueue, id, { type: "dependency_ended", id: answers_for, state: to } as EventObject);
  }
}

/**
 * What waits for a gate hears of its end. Nothing leads out of a failed gate, and one that is blocked behind it never
 * runs: a task that waited for either would wait for ever, so it ends at once.
 */
export function forwardGateToDependants(self: AnyActorRef, enqueue: Sender, event: GateChanged): void {
  const news = dependencyEvent(event);
  for (const id of news === undefined ? [] : event.dependants) {
    tellChild(self, enqueue, id, news as EventObject);
    if (event.to !== "PASSED" && childOf(self, id)?.src === "task") {
      tellChild(self, enqueue, id, { type: "nothing_left" } as EventObject);
    }
  }
}

/** An ended task that did not complete, as the one that takes its place sees it. */
interface Replaced {
  readonly state: "failed" | "cancelled";
  readonly allow_failure: boolean;
  readonly is_critical: boolean;
  /** Its patch was quarantined, and is not live any more. */
  readonly isQuarantined: boolean;
}

/** The patch that a new one takes the place of: the last one of the task that its own task does again. */
export function patchBefore(self: AnyActorRef, taskId: string): string | undefined {
  const contextOf = (id: string): TaskContext | undefined =>
    (childOf(self, id)?.getSnapshot() as { context?: TaskContext } | undefined)?.context;
  const replaced = contextOf(taskId)?.retry_of ?? null;
  return replaced === null ? undefined : contextOf(replaced)?.patch?.patch_id;
}

/** The task that takes the place of an ended one; undefined where that one has not ended, or is completed. */
export function successorOf(
  self: AnyActorRef,
  { task_id, successor_id }: TaskRedone,
  held: boolean,
): { readonly input: TaskInput & { readonly retry_of: string }; readonly replaced: Replaced } | undefined {
  const task = childOf(self, task_id)?.getSnapshot() as { value: string; context: TaskContext } | undefined;
  if (task === undefined || (task.value !== "failed" && task.value !== "cancelled")) {
    return undefined;
  }
  const { context, value: state } = task;
  const { run_id, ws_id, is_critical, allow_failure, capabilities, expected_exit_codes } = context;
  const { max_retries, timeout_sec, backoff, dependants, answers_for } = context;
  const same = { run_id, ws_id, is_critical, allow_failure, capabilities, expected_exit_codes };
  return {
    input: {
      ...same,
      max_retries,
      timeout_sec,
      backoff,
      dependants,
      answers_for,
      task_id: successor_id,
      retry_of: task_id,
      held,
    },
    replaced: { state, allow_failure, is_critical, isQuarantined: context.patch_state === "quarantined" },
  };
}

/** The tally with a successor, still pending, in the place of an ended task. */
export function talliedAgain(tally: TaskTally, { state, allow_failure, is_critical }: Replaced): TaskTally {
  return {
    ...tally,
    [state]: tally[state] - 1,
    waiting: tally.waiting + 1,
    critical_failed: tally.critical_failed - Number(state === "failed" && is_critical),
    forgiven: tally.forgiven - Number(allow_failure),
  };
}
