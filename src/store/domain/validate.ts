/** The one door for a change of state: what the catalogue does not declare is refused with an error that says why (I5). */
import {
  catalogue,
  checkTransition,
  type EntityType,
  type MachineEntry,
  nextTransitions,
  type TransitionEntry,
} from "../../../machines/index.ts";
import {
  InvalidTransitionError,
  MonotonicProgressViolation,
  PawlError,
  TerminalStateViolation,
} from "../../base/errors/index.ts";
import { nearest } from "../../base/nearest.ts";

export interface ValidateOptions {
  /** The literal trigger; without one, any that is declared will do. */
  readonly trigger?: string | undefined;
  /** Names the entity in the error, which says "(unnamed)" without. */
  readonly id?: string | undefined;
}

/**
 * The declared transition between two states of an entity. Terminal is checked before all else. §8.1.3, §8.2
 * @throws PawlError ENTITY_TYPE_UNKNOWN, STATE_UNKNOWN, TRIGGER_UNKNOWN, each with the nearest name
 * @throws TerminalStateViolation when `from` is terminal
 * @throws MonotonicProgressViolation when `to` lies behind `from` and no way leads back
 * @throws InvalidTransitionError when the catalogue does not declare it
 */
export function validateTransition(
  entityType: string,
  from: string,
  to: string,
  options: ValidateOptions = {},
): TransitionEntry {
  const check = isEntityType(entityType) ? checkTransition(entityType, from, to, options) : undefined;
  if (check?.ok === true) {
    return check.transition;
  }
  throw refusal(entityType, from, to, options, check?.reason === "terminal");
}

function isEntityType(name: string): name is EntityType {
  return Object.hasOwn(catalogue, name);
}

function refusal(
  entityType: string,
  from: string,
  to: string,
  options: ValidateOptions,
  isTerminal: boolean,
): PawlError {
  if (!isEntityType(entityType)) {
    return new PawlError("ENTITY_TYPE_UNKNOWN", { entity: entityType, ...names(entityType, Object.keys(catalogue)) });
  }
  const { states, transitions }: MachineEntry = catalogue[entityType];
  const stateNames = states.map(({ name }) => name);
  for (const state of [from, to]) {
    if (!stateNames.includes(state)) {
      return new PawlError("STATE_UNKNOWN", { entity: entityType, state, ...names(state, stateNames) });
    }
  }
  const trigger = options.trigger ?? `a change to ${to}`;
  const place = { entity: entityType, id: options.id ?? "(unnamed)", from, to, trigger };
  if (isTerminal) {
    return new TerminalStateViolation(place);
  }
  const triggers = [...new Set(transitions.map((one) => one.trigger))];
  if (options.trigger !== undefined && !triggers.includes(options.trigger)) {
    return new PawlError("TRIGGER_UNKNOWN", {
      entity: entityType,
      trigger: options.trigger,
      ...names(options.trigger, triggers),
    });
  }
  if (leadsTo(entityType, to, from) && !leadsTo(entityType, from, to)) {
    return new MonotonicProgressViolation(place);
  }
  const allowed = nextTransitions(entityType, from).map((one) => `${one.to} by ${one.trigger}`);
  return new InvalidTransitionError("INVALID_TRANSITION", { ...place, allowed: allowed.join(", ") || "none" });
}

function names(name: string, known: readonly string[]): { readonly nearest: string; readonly known: string } {
  return { nearest: nearest(name, known) ?? "none of them", known: known.join(", ") };
}

/** Whether declared transitions lead from one state to another. */
function leadsTo(entityType: EntityType, from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const state of seen) {
    for (const next of nextTransitions(entityType, state)) {
      seen.add(next.to);
    }
  }
  return from !== to && seen.has(to);
}
