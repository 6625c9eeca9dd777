import { catalogue, type EntityType, type MachineEntry } from "../../machines/index.ts";
import type { Part, Situation } from "./system.ts";

type Invariant = (part: Part, below: readonly Part[], situation: Situation) => boolean;

const isOver = ({ machine, state }: Part): boolean =>
  (catalogue[machine as EntityType] as MachineEntry | undefined)?.terminal.includes(state) ?? false;
const isOf = (machine: string) => (part: Part) => part.machine === machine;
/** A patch has no final state before `committed`; these are its ends. */
const patchEnds: ReadonlySet<string> = new Set(["committed", "rolled_back", "quarantined", "dropped"]);

/** What must hold of each actor in each situation, by name (database-events.md, "Derivation", and I5, I6). */
export const invariants: Readonly<Record<string, Invariant>> = {
  "a running task has a worker, and no other has one": ({ machine, state, context }) =>
    machine !== "task" || (state === "running") === (context["worker_id"] !== null),
  "a task is tried again no more often than it may": ({ machine, context }) =>
    machine !== "task" || Number(context["retry_count"]) <= Number(context["max_retries"]),
  "nothing below an ended parent goes on": (part, below) =>
    !isOver(part) ||
    below.every((child) =>
      child.machine === "patch_ledger"
        ? patchEnds.has(child.state)
        : child.machine === "test_gate"
          ? child.state !== "RUNNING"
          : isOver(child),
    ),
  "a completed workstream has completed tasks and committed patches": (part, below) =>
    part.machine !== "workstream" ||
    part.state !== "completed" ||
    (below
      .filter(isOf("task"))
      .every(({ state, context }) => state === "completed" || context["allow_failure"] === true) &&
      below.filter(isOf("patch_ledger")).every(({ state }) => state === "committed")),
  "a completed task has a committed patch, if it has one": ({ machine, state, context, path }, _below, { parts }) => {
    const patch = context["patch"] as { patch_id: string } | null | undefined;
    if (machine !== "task" || state !== "completed" || patch === null || patch === undefined) {
      return true;
    }
    const place = `${path.slice(0, path.lastIndexOf("/"))}/${patch.patch_id}`;
    return parts.get(place)?.state === "committed";
  },
  // One that has ended hears of its tasks no more.
  "a workstream counts its tasks right": ({ machine, context, status }, below) => {
    if (machine !== "workstream" || status !== "active") {
      return true;
    }
    const counts = context["tasks"] as Readonly<Record<string, number>>;
    const tasks = below.filter(isOf("task"));
    return [
      "pending",
      "queued",
      "blocked",
      "running",
      "validating",
      "retrying",
      "completed",
      "failed",
      "cancelled",
    ].every((state) => counts[state] === tasks.filter((task) => task.state === state).length);
  },
  "nothing of a workstream runs before those it waits for are completed": (
    { path, machine, state },
    _below,
    { parts },
  ) => machine !== "task" || !path.startsWith("r/b/") || state !== "running" || parts.get("r/a")?.state === "completed",
  "a run that succeeded has no workstream that failed and may not": (part, below) =>
    part.machine !== "run" ||
    part.state !== "succeeded" ||
    below
      .filter(isOf("workstream"))
      .every(({ state, context }) => ["completed", "skipped"].includes(state) || context["allow_failure"] === true),
};

/** The first invariant that a situation breaks, with the actor; undefined where all hold. */
export function brokenIn(situation: Situation): string | undefined {
  const parts = [...situation.parts.values()];
  for (const part of parts) {
    const below = parts.filter(({ path }) => path.startsWith(`${part.path}/`));
    for (const [name, holds] of Object.entries(invariants)) {
      if (!holds(part, below, situation)) {
        return `${name}: ${part.path} is ${JSON.stringify(part.value)}`;
      }
    }
  }
  return undefined;
}

/** What has ended stays as it ended (I6), and no actor moves otherwise than declared (I5). */
export function brokenBy(before: Situation, next: Situation): string | undefined {
  for (const [path, part] of before.parts) {
    const now = next.parts.get(path);
    if (isOver(part) && now !== undefined && now.state !== part.state) {
      return `what has ended stays: ${path} was ${part.state} and is ${now.state}`;
    }
  }
  return undefined;
}

export const hasEnded = ({ parts }: Situation): boolean => {
  const run = parts.get("r");
  return run !== undefined && isOver(run);
};
