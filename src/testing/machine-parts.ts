import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";
import { eventLabel } from "./event-label.ts";

/** One transition of a machine, as it is written: each guarded variant is one of its own. */
export interface TransitionPart {
  /** Unique within the machine and the same in each copy of it: `door.closed: push`, with `#2` from the second variant on. */
  readonly id: string;
  /** Id of the state node that declares it, without `#`. */
  readonly source: string;
  /** Type of the event (a descriptor, so it may hold `*`); empty for an eventless transition. */
  readonly event: string;
  /** The event in a reader's words: `push`, `after 1000 ms`, `fetchUser done`. */
  readonly label: string;
  /** Ids of the state nodes it goes to; empty where it stays. */
  readonly targets: readonly string[];
  /** The guard's name, or `guard` where it has none; absent where there is no guard. */
  readonly guard?: string;
}

export interface MachineParts {
  /** Ids of all state nodes that can be active, but for the root, in the order they are written. */
  readonly states: readonly string[];
  readonly transitions: readonly TransitionPart[];
  /** The part that a definition of XState's stands for; nothing for transitions without any effect. */
  partOf(definition: AnyTransitionDefinition): TransitionPart | undefined;
}

const known = new WeakMap<AnyStateMachine, MachineParts>();

/** All states and transitions of a machine, whoever wrote it. */
export function partsOf(machine: AnyStateMachine): MachineParts {
  const before = known.get(machine);
  if (before !== undefined) {
    return before;
  }
  const nodes = stateNodesOf(machine.root);
  const byDefinition = new Map<AnyTransitionDefinition, TransitionPart>();
  for (const node of nodes) {
    addTransitions(node, byDefinition);
  }
  const parts: MachineParts = {
    states: nodes.filter((node) => node !== machine.root && node.type !== "history").map((node) => node.id),
    transitions: [...byDefinition.values()],
    partOf: (definition) => byDefinition.get(definition),
  };
  known.set(machine, parts);
  return parts;
}

/** The node and all below it, in the order they are written. */
export function stateNodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values<AnyStateNode>(node.states).flatMap(stateNodesOf)];
}

function addTransitions(node: AnyStateNode, parts: Map<AnyTransitionDefinition, TransitionPart>): void {
  const listed: (readonly [string, readonly AnyTransitionDefinition[]])[] = [...node.transitions.entries()];
  if (node.always !== undefined) {
    listed.push(["", node.always]);
  }
  for (const [event, definitions] of listed) {
    for (const [index, definition] of definitions.entries()) {
      if (hasEffect(definition)) {
        parts.set(definition, toPart(node, event, index, definition));
      }
    }
  }
}

/** A transition without target and actions only forbids the event: there is nothing in it to be covered. */
function hasEffect(definition: AnyTransitionDefinition): boolean {
  return definition.target !== undefined || definition.actions.length > 0 || definition.reenter;
}

function toPart(node: AnyStateNode, event: string, index: number, definition: AnyTransitionDefinition): TransitionPart {
  const label = event === "" ? "always" : eventLabel(node, event);
  const guard = guardName(definition.guard);
  return {
    id: `${node.id}: ${label}${index === 0 ? "" : ` #${index + 1}`}`,
    source: node.id,
    event,
    label,
    targets: (definition.target ?? []).map((target) => target.id),
    ...(guard === undefined ? {} : { guard }),
  };
}

function guardName(guard: unknown): string | undefined {
  if (guard === undefined) {
    return undefined;
  }
  if (typeof guard === "string") {
    return guard;
  }
  const named = guard as { readonly type?: unknown; readonly name?: unknown };
  const name = typeof guard === "function" ? named.name : named.type;
  return typeof name === "string" && name !== "" ? name : "guard";
}
