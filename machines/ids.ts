/**
 * Ids of the entities of a run. The id of an actor is the id of its entity, unique within the run and safe in URLs and
 * file names, as long as the plan's own ids keep to letters, digits, `_`, `-` and, but for workstreams, `.`:
 * `client.bump` is a task, `client~lint` a gate that tasks wait for, `client.bump~p1` a patch,
 * `client.bump~p1~unit` a gate of that patch, `client~m1~unit` a gate of the first merge, `client.bump~r1` the task
 * that does `client.bump` again.
 */

/** The workstream whose entity has this id, itself included. */
export function workstreamOf(entity: string): string {
  return entity.split(/[.~]/, 1)[0] ?? entity;
}

/** Id of a task of a workstream. */
export function taskId(wsId: string, task: string): string {
  return `${wsId}.${task}`;
}

/** Id of the patch that a task made; `number` counts from 1 where a task makes several. */
export function patchId(task: string, number = 1): string {
  return `${task}~p${number}`;
}

/** Id of the task that does an ended one again; `number` counts from 1. */
export function successorId(task: string, number: number): string {
  return `${plannedTask(task)}~r${number}`;
}

/** The task of the plan that a task stands for: itself, or the first of its line. */
export function plannedTask(task: string): string {
  return task.replace(/~r\d+$/, "");
}

/** Id of a gate; the owner is a workstream (preconditions), a patch, or a merge. */
export function gateId(owner: string, gate: string): string {
  return `${owner}~${gate}`;
}

/** Id of one attempt to merge a workstream; owns the final gates of that attempt. */
export function mergeId(wsId: string, attempt: number): string {
  return `${wsId}~m${attempt}`;
}
