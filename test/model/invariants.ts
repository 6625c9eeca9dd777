import { mergeId } from "../../machines/ids.ts";
import { catalogue, type EntityType, type MachineEntry } from "../../machines/index.ts";
import { reason } from "./happenings.ts";
import type { Happening, Part, Situation } from "./system.ts";
import { toolPath } from "./tool.ts";

type Invariant = (part: Part, below: readonly Part[], situation: Situation) => boolean;

const isOver = ({ machine, state }: Part): boolean =>
  (catalogue[machine as EntityType] as MachineEntry | undefined)?.terminal.includes(state) ?? false;
const isOf = (machine: string) => (part: Part) => part.machine === machine;
/** A patch has no final state before `committed`; these are its ends. */
const patchEnds: ReadonlySet<string> = new Set(["committed", "rolled_back", "quarantined", "dropped"]);

const isRedone = (workstream: Part, task: Part): boolean =>
  (workstream.context["redone"] as readonly unknown[]).includes(task.context["task_id"]);
const liveTasks = (workstream: Part, below: readonly Part[]): Part[] =>
  below.filter(isOf("task")).filter((task) => !isRedone(workstream, task));
const patchIdOf = ({ context }: Part): string | undefined =>
  (context["patch"] as { readonly patch_id: string } | null | undefined)?.patch_id;

const begun = new Set(
  ["running", "validating", "retrying", "completed", "failed"]
    .map((state) => `task ${state}`)
    .concat("workstream executing", "workstream validating", "workstream completed"),
);
const isEndedByHand = ({ state, context }: Part): boolean =>
  ["completed", "failed"].includes(state) && context["last_error"] === reason;
const pastChecks = new Set(["validated", "queued", "applied", "apply_failed", "verified", "committed"]);
const pastGates = new Set(["verified", "committed"]);
const inWorktree = new Set(["queued", "applied", "apply_failed", "verified"]);
const goesOn = new Set(["running", "executing", "validating"]);

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
    (liveTasks(part, below).every(({ state, context }) => state === "completed" || context["allow_failure"] === true) &&
      liveTasks(part, below)
        .flatMap((task) => (isEndedByHand(task) ? [] : (patchIdOf(task) ?? [])))
        .every((patch) => below.some(({ path, state }) => path === `${part.path}/${patch}` && state === "committed")) &&
      below.filter(isOf("patch_ledger")).every(({ state }) => patchEnds.has(state))),
  "a task that completed by itself has a committed patch, if it has one": (part, _below, { parts }) => {
    const { machine, state, path } = part;
    const isDone = machine === "task" && state === "completed" && !isEndedByHand(part);
    const patch = isDone ? patchIdOf(part) : undefined;
    return patch === undefined || parts.get(`${path.slice(0, path.lastIndexOf("/"))}/${patch}`)?.state === "committed";
  },
  // One that has ended hears of its tasks no more.
  "a workstream counts its tasks right": (part, below) => {
    if (part.machine !== "workstream" || part.status !== "active") {
      return true;
    }
    const counts = part.context["tasks"] as Readonly<Record<string, number>>;
    const tasks = liveTasks(part, below);
    const countIn = (...states: string[]): number => tasks.filter(({ state }) => states.includes(state)).length;
    return (
      counts["total"] === tasks.length &&
      counts["waiting"] === countIn("pending", "queued", "blocked") &&
      counts["under_way"] === countIn("running", "validating", "retrying") &&
      ["completed", "failed", "cancelled"].every((state) => counts[state] === countIn(state))
    );
  },
  "a workstream counts its patches right: those under way, and the live ones that were quarantined": (part, below) => {
    if (part.machine !== "workstream" || part.status !== "active") {
      return true;
    }
    const patches = below.filter(isOf("patch_ledger"));
    const live = new Set(liveTasks(part, below).map(({ context }) => context["task_id"]));
    return (
      part.context["open_patches"] === patches.filter(({ state }) => !patchEnds.has(state)).length &&
      part.context["quarantined"] ===
        patches.filter(({ state, context }) => state === "quarantined" && live.has(context["task_id"])).length
    );
  },
  "nothing begins before what it waits for is completed, but for what a person ends": (
    part,
    _below,
    { parts, waits },
  ) =>
    !begun.has(`${part.machine} ${part.state}`) ||
    isEndedByHand(part) ||
    (waits.get(part.path) ?? []).every((awaited) => ["completed", "PASSED"].includes(parts.get(awaited)?.state ?? "")),
  "a completed workstream has passed every final gate of its last merge": ({ machine, state, context }, below) =>
    machine !== "workstream" ||
    state !== "completed" ||
    (context["final"] as readonly unknown[]).length ===
      below.filter(
        (gate) =>
          gate.state === "PASSED" &&
          gate.context["set_id"] === mergeId(String(context["ws_id"]), Number(context["merge_attempt"])),
      ).length,
  // One that was stopped with its parent has no gates any more.
  "a patch goes on only with its checks passed, and is verified only with its gates passed": (
    { machine, state, status, context },
    below,
  ) =>
    machine !== "patch_ledger" ||
    status !== "active" ||
    !pastChecks.has(state) ||
    (["format", "scope", "constraints"].every((check) => context[`validation_${check}_passed`] === true) &&
      (!pastGates.has(state) ||
        below.filter((gate) => gate.state === "PASSED").length === (context["verify"] as readonly unknown[]).length)),
  "one patch of a workstream at a time is in its worktree": ({ machine }, below) =>
    machine !== "workstream" ||
    below.filter((part) => isOf("patch_ledger")(part) && inWorktree.has(part.state)).length <= 1,
  "what is critical and has failed has ended its parent": ({ machine, state }, below) =>
    (machine !== "workstream" && machine !== "run") ||
    !goesOn.has(state) ||
    below.every(
      (child) =>
        child.machine !== (machine === "run" ? "workstream" : "task") ||
        child.state !== "failed" ||
        child.context["is_critical"] !== true,
    ),
  "a breaker that is closed has not failed so often that it opens": ({ machine, state, context }) =>
    machine !== "circuit_breaker" ||
    state !== "CLOSED" ||
    Number(context["failure_count"]) < Number(context["failure_threshold"]),
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

/** What has ended stays as it ended (I6), no actor moves otherwise than declared (I5), and the breaker does its work. */
export function brokenBy(before: Situation, next: Situation, { byPerson }: Happening): string | undefined {
  if (next.undeclared.length > 0) {
    return `no actor moves otherwise than declared: ${next.undeclared.join(", ")}`;
  }
  for (const [path, part] of before.parts) {
    const now = next.parts.get(path);
    if (isOver(part) && now !== undefined && now.state !== part.state) {
      return `what has ended stays: ${path} was ${part.state} and is ${now.state}`;
    }
  }
  const [was, is] = [before, next].map(({ parts }) => parts.get(toolPath)) as [Part, Part];
  const successes = Number(was.context["success_count"]) + 1;
  if (
    was.state === "HALF_OPEN" &&
    is.state === "CLOSED" &&
    !byPerson &&
    successes < Number(was.context["success_threshold"])
  ) {
    return `a breaker closes after enough successes: it closed after ${successes}`;
  }
  const passed = [...next.tool.calls].filter(([, call]) => call === "passed").map(([task]) => task);
  const begun = passed.filter((task) => before.tool.calls.get(task) !== "passed");
  return begun.length > 0 && (is.state === "OPEN" || (is.state === "HALF_OPEN" && passed.length > 1))
    ? `a breaker lets no call through that is ${is.state}, but for one on trial: ${begun.join(", ")}`
    : undefined;
}

export const hasEnded = ({ parts }: Situation): boolean => {
  const run = parts.get("r");
  return run !== undefined && isOver(run);
};
