import { catalogue, type EntityType } from "./catalogue.ts";
import type { MachineEntry, TransitionEntry } from "./entry.ts";

/** What a state change amounts to. Terminal is checked before all else. §8.2 */
export type TransitionCheck =
  | { readonly ok: true; readonly transition: TransitionEntry }
  | {
      readonly ok: false;
      readonly reason: "unknown_state" | "terminal" | "undeclared";
      /** Where a change from there could lead, with its trigger. */
      readonly allowed: readonly TransitionEntry[];
    };

/** Transitions that are declared from a state; none from a terminal or an unknown one. */
export function nextTransitions(entityType: EntityType, state: string): readonly TransitionEntry[] {
  const { transitions }: MachineEntry = catalogue[entityType];
  return transitions.filter(({ from }) => from === state);
}

/** Whether the catalogue declares a change of state; with a trigger, by that trigger. */
export function checkTransition(
  entityType: EntityType,
  from: string,
  to: string,
  options: { readonly trigger?: string | undefined } = {},
): TransitionCheck {
  const { states, terminal }: MachineEntry = catalogue[entityType];
  const allowed = nextTransitions(entityType, from);
  if (!states.some(({ name }) => name === from) || !states.some(({ name }) => name === to)) {
    return { ok: false, reason: "unknown_state", allowed };
  }
  if (terminal.includes(from)) {
    return { ok: false, reason: "terminal", allowed };
  }
  const { trigger } = options;
  const found = allowed.find((one) => one.to === to && (trigger === undefined || one.trigger === trigger));
  return found === undefined ? { ok: false, reason: "undeclared", allowed } : { ok: true, transition: found };
}
