import type { AnyStateMachine, AnyStateNode } from "xstate";
import { type MachineParts, partsOf, stateNodesOf, type TransitionPart } from "./machine-parts.ts";
import type { Traced } from "./probe.ts";

/** What a set of paths has to go through: every state, every transition, or every two transitions that can follow. */
export type Cover = (typeof covers)[number];
export const covers = ["states", "transitions", "transition-pairs"] as const;

const arrow = " → ";

/** What there is to be covered in a machine, as the ids of states, transitions, or pairs of them (`a → b`). */
export function goalsOf(machine: AnyStateMachine, cover: Cover): string[] {
  const parts = partsOf(machine);
  if (cover === "states") {
    return [...parts.states];
  }
  if (cover === "transitions") {
    return parts.transitions.map((part) => part.id);
  }
  return pairGoals(machine, parts);
}

/** Goals that one step reaches, `before` being the step it follows. */
export function reachedBy(cover: Cover, step: Traced, before: Traced | undefined): string[] {
  if (cover === "states") {
    return [...step.entered];
  }
  if (cover === "transitions") {
    return step.taken.flat();
  }
  const groups = [...(before?.taken.slice(-1) ?? []), ...step.taken];
  return groups.flatMap((group, index) =>
    (groups[index + 1] ?? []).flatMap((next) => group.map((first) => first + arrow + next)),
  );
}

/**
 * Two transitions are a pair when the second starts from where the first leads to: the state itself, what encloses it,
 * or what is entered with it; after one that stays where it is, anything within. Transitions of parallel regions that have nothing to do with each other are no pair.
 */
function pairGoals(machine: AnyStateMachine, parts: MachineParts): string[] {
  const bySource = new Map<string, TransitionPart[]>();
  for (const part of parts.transitions) {
    bySource.set(part.source, [...(bySource.get(part.source) ?? []), part]);
  }
  return parts.transitions.flatMap((first) => {
    const active = new Set(
      first.targets.length > 0
        ? first.targets.flatMap((id) => activeWith(machine.getStateNodeById(`#${id}`), enteredWith))
        : activeWith(machine.getStateNodeById(`#${first.source}`), allWithin),
    );
    return [...active].flatMap((id) => (bySource.get(id) ?? []).map((next) => first.id + arrow + next.id));
  });
}

function activeWith(node: AnyStateNode, within: (node: AnyStateNode) => string[]): string[] {
  const around: string[] = [];
  for (let outer = node.parent; outer !== undefined; outer = outer.parent) {
    around.push(outer.id);
  }
  return [...within(node), ...around];
}

function allWithin(node: AnyStateNode): string[] {
  return stateNodesOf(node).map((inner) => inner.id);
}

function enteredWith(node: AnyStateNode): string[] {
  if (node.type === "parallel") {
    return [node.id, ...Object.values<AnyStateNode>(node.states).flatMap(enteredWith)];
  }
  const inner = node.type === "compound" ? (node.initial.target ?? []) : [];
  return [node.id, ...inner.flatMap(enteredWith)];
}
