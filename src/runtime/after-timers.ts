/** Timers of `after` where no entry into a state arms them: in a fork, and in an actor whose machine has changed. */
import type { AnyMachineSnapshot } from "xstate";
import type { Engine } from "./engine.ts";
import type { Live } from "./live.ts";
import { isMachineSnapshot, stateNode } from "./xstate/internals.ts";

interface DelayedTransition {
  readonly delay: unknown;
  readonly eventType: string;
}

interface After {
  /** Of the event, and of its timer: `xstate.after.<delay>.<node>`. */
  readonly id: string;
  readonly node: string;
  readonly delay: string;
  readonly delayMs: number;
}

/** Arms all that the present states ask for, with their whole delay. */
export function armAfter(engine: Engine, live: Live): void {
  for (const { id, delayMs } of aftersOf(live)) {
    engine.delayed.arm(live, live, { type: id }, delayMs, id);
  }
}

/**
 * A changed machine knows some of its timers under other names: of a delay that was changed, of a state that was
 * renamed. Each that is armed goes on as the one that took its place, else its state would never be left. That of a
 * state that a migrate function led out of ends. What has fired already, or came with the change, cannot be told apart
 * and is not armed. Nor can a state that was renamed, with another delay, be told from one that has nothing to do with
 * it.
 */
export function renameAfters(engine: Engine, live: Live): void {
  const { timers } = engine.delayed;
  const armed = timers.idsOf(live.no);
  const afters = aftersOf(live);
  const open = afters.filter(({ id }) => !armed.includes(id));
  const known = new Set(afters.map(({ id }) => id));
  for (const old of armed.filter((id) => /^xstate\.after\./.test(id) && !known.has(id))) {
    // Of several in one state the longest: the others fire before it.
    const heirs = open.filter(({ node }) => old.endsWith(`.${node}`)).sort((a, b) => b.delayMs - a.delayMs);
    const heir = heirs[0] ?? open.find(({ delay }) => old.startsWith(`xstate.after.${delay}.`));
    const timer = timers.find(live.no, old);
    if (heir !== undefined && timer !== undefined) {
      open.splice(open.indexOf(heir), 1);
      const leftMs = timer.dueAt - engine.recordedMs();
      engine.delayed.scheduler.cancel(live.actor, old);
      engine.delayed.arm(live, live, { type: heir.id }, leftFor(heir, old, leftMs), heir.id);
    } else if (isOfStateLeft(live, old)) {
      // As on every way out of a state. Else it would fire too early once the state is entered again.
      engine.delayed.scheduler.cancel(live.actor, old);
    }
  }
}

/** A migrate function led out of the state that armed it, and the machine still has that state. */
function isOfStateLeft(live: Live, id: string): boolean {
  const snapshot = live.actor.getSnapshot();
  if (!isMachineSnapshot(snapshot)) {
    return false;
  }
  // Where the delay ends and the name of the state begins, the dots do not tell.
  const parts = id.split(".");
  const names = parts.map((_, index) => parts.slice(index).join(".")).slice(3);
  const nodes = names.flatMap((name) => stateNode(snapshot.machine, name) ?? []);
  return nodes.length > 0 && !nodes.some((node) => snapshot._nodes.includes(node));
}

/** As if it had been armed in place of the old one; its whole delay where nobody knows when that was. */
function leftFor(heir: After, old: string, leftMs: number): number {
  if (old.startsWith(`xstate.after.${heir.delay}.`)) {
    return leftMs;
  }
  const before = /^xstate\.after\.(\d+)\./.exec(old)?.[1];
  return before === undefined ? heir.delayMs : heir.delayMs - (Number(before) - leftMs);
}

function aftersOf(live: Live): After[] {
  const snapshot = live.actor.getSnapshot();
  if (!isMachineSnapshot(snapshot) || snapshot.status !== "active") {
    return [];
  }
  const nodes = snapshot._nodes as unknown as readonly { readonly id: string; readonly after: DelayedTransition[] }[];
  const found = new Map<string, After>();
  for (const { id: node, after } of nodes) {
    for (const { delay, eventType: id } of after) {
      const delayMs = resolveDelay(snapshot, delay);
      if (delayMs !== undefined) {
        found.set(id, { id, node, delay: String(delay), delayMs });
      }
    }
  }
  return [...found.values()];
}

function resolveDelay(snapshot: AnyMachineSnapshot, delay: unknown): number | undefined {
  if (typeof delay === "number") {
    return delay;
  }
  const named: unknown = snapshot.machine.implementations.delays[String(delay)];
  try {
    const value: unknown =
      typeof named === "function"
        ? named({ context: snapshot.context, event: { type: "xstate.init" } }, undefined)
        : named;
    return typeof value === "number" ? value : undefined;
  } catch {
    // It reads what only the event had that led here.
    return undefined;
  }
}
