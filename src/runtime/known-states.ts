import { inspect } from "node:util";
import type { AnyStateMachine, AnyStateNode } from "xstate";
import type { StoredSnapshot } from "./migrations.ts";

/**
 * Whether a machine can go on from a stored snapshot.
 * @throws Error when it lacks a state that the snapshot is in, or that its history leads back to; or when the history is
 *   none of XState's
 */
export function checkStates(machine: AnyStateMachine, { value, context, historyValue }: StoredSnapshot): void {
  checkValue(machine.root, value);
  machine.resolveState({ value: value as never, context: context as never });
  for (const [id, nodes] of Object.entries(historyOf(historyValue))) {
    for (const each of [id, ...nodes]) {
      // What every object of JavaScript has is found by its name too.
      if ((machine.getStateNodeById(each) as Partial<AnyStateNode>).machine !== machine) {
        throw new Error(`Child state '${each}' does not exist on '${machine.id}'`);
      }
    }
  }
}

/** XState finds `constructor` and the like in each state, and fails where it goes on from there. */
function checkValue(node: AnyStateNode, value: unknown): void {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [[String(value), {}] as const];
  for (const [key, below] of inner) {
    const child = Object.hasOwn(node.states, key) ? node.states[key] : undefined;
    if (child === undefined) {
      throw new Error(`Child state '${key}' does not exist on '${node.id}'`);
    }
    checkValue(child, below);
  }
}

/** Ids of the states that each history state leads back to, by its id. */
function historyOf(historyValue: unknown): Readonly<Record<string, readonly string[]>> {
  if (historyValue === undefined) {
    return {};
  }
  const given = Object.entries(historyValue ?? [undefined]);
  const isNone = typeof historyValue !== "object" || Array.isArray(historyValue);
  const strange = given.find(
    ([, nodes]) => !Array.isArray(nodes) || nodes.some((node) => typeof node?.id !== "string"),
  );
  if (isNone || strange !== undefined) {
    const shown = inspect(historyValue, { depth: 2, breakLength: Number.POSITIVE_INFINITY });
    throw new Error(`historyValue is ${shown}, not lists of states with their ids by the id of a history state`);
  }
  return Object.fromEntries(given.map(([id, nodes]) => [id, (nodes as { id: string }[]).map((node) => node.id)]));
}
