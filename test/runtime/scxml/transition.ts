/** `<transition>`: what it waits for, where it leads, and in which order it stands among the others of its state. */
import { and, not, stateIn } from "xstate";
import { stepsOf } from "./content.ts";
import type { Data } from "./datamodel.ts";
import { descriptors, matches, type ScxmlEvent, stateKey } from "./events.ts";
import { block, type Document, systemOf } from "./frame.ts";
import { type Element, named, words } from "./xml.ts";

interface GuardArguments {
  readonly context: Data;
  readonly event: ScxmlEvent;
}

/** `on` and `always` of a state. */
export function transitionsOf(state: Element, document: Document): object {
  const all = named(state, "transition");
  const withEvent = all.filter(({ attributes }) => attributes["event"] !== undefined);
  const withoutEvent = all.filter(({ attributes }) => attributes["event"] === undefined);
  return {
    ...(withEvent.length > 0 && { on: onOf(withEvent, state, document) }),
    ...(withoutEvent.length > 0 && {
      always: withoutEvent.map((transition) => configOf(transition, state, document, [])),
    }),
  };
}

interface Candidate {
  readonly transition: Element;
  readonly descriptor: string;
}

function onOf(transitions: readonly Element[], state: Element, document: Document): Record<string, object[]> {
  const candidates: Candidate[] = transitions.flatMap((transition) =>
    descriptorsOf(transition).map((descriptor) => ({ transition, descriptor })),
  );
  const on: Record<string, object[]> = {};
  if (isInXStatesOrder(candidates)) {
    for (const { transition, descriptor } of candidates) {
      on[descriptor] ??= [];
      on[descriptor].push(configOf(transition, state, document, []));
    }
    return on;
  }
  // XState tries the longest descriptor first. Under one that matches all, the order is the document's.
  const any = transitions.map((transition) => {
    const list = descriptorsOf(transition);
    const isMeant = ({ event }: GuardArguments): boolean => list.some((descriptor) => matches(event.type, descriptor));
    return configOf(transition, state, document, [isMeant]);
  });
  return { "*": any };
}

function descriptorsOf({ attributes }: Element): string[] {
  return [...new Set(words(attributes["event"]).flatMap(descriptors))];
}

function isInXStatesOrder(candidates: readonly Candidate[]): boolean {
  return candidates.every(({ descriptor }, at) =>
    candidates
      .slice(at + 1)
      .every((later) => later.descriptor.length <= descriptor.length || !matches(later.descriptor, descriptor)),
  );
}

function configOf(transition: Element, state: Element, document: Document, guards: unknown[]): object {
  const { cond, target } = transition.attributes;
  const all = cond === undefined ? guards : [...guards, guardOf(cond, document)];
  return {
    ...(target !== undefined && { target: targetsOf(target), reenter: leavesItsState(transition, state) }),
    ...(all.length > 0 && { guard: all.length === 1 ? all[0] : and(all as never) }),
    ...actionsOf(transition, document),
  };
}

export function targetsOf(target: string): string[] {
  return words(target).map((id) => `#${stateKey(id)}`);
}

/** The executable content of a transition, where there is any. */
export function actionsOf(transition: Element, document: Document): object {
  const steps = stepsOf(transition.children, document);
  return steps.length === 0 ? {} : { actions: [block(steps, document)] };
}

/** An internal transition stays in its state, if that is compound and all targets are inside. */
function leavesItsState({ attributes }: Element, state: Element): boolean {
  const stays =
    attributes["type"] === "internal" &&
    state.name === "state" &&
    words(attributes["target"]).every((id) => contains(state, id));
  return !stays;
}

export function contains(state: Element, id: string): boolean {
  return state.children.some((child) => child.attributes["id"] === id || contains(child, id));
}

function guardOf(cond: string, document: Document): unknown {
  const [, negated, id] = /^\s*(!?)\s*In\('([^']+)'\)\s*$/.exec(cond) ?? [];
  if (id !== undefined) {
    const inside = stateIn(`#${stateKey(id)}`);
    return negated === "" ? inside : not(inside);
  }
  if (/\bIn\(/.test(cond)) {
    throw new Error(`In() inside a larger condition is not converted: ${cond}`);
  }
  // A condition that fails is false.
  return ({ context, event }: GuardArguments): boolean => {
    try {
      const scope = { data: { ...context }, system: systemOf(document, context, event) };
      return Boolean(document.datamodel.evaluate(cond, scope));
    } catch {
      return false;
    }
  };
}
