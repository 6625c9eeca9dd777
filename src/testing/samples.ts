import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine, StateValue } from "xstate";
import { PawlError } from "../base/errors/index.ts";
import { actorIdOf, actorName, causeOf } from "./event-label.ts";
import { partsOf, stateNodesOf } from "./machine-parts.ts";

/** What an event carries besides its `type`. */
export type Payload = Readonly<Record<string, unknown>>;

/** What a sample may depend on. */
export interface SampleScene {
  readonly value: StateValue;
  readonly context: unknown;
}

/** One sample, several that are all tried, or a function of the state the event is sent in that gives either. */
export type Samples<T> = T | readonly T[] | ((scene: SampleScene) => T | readonly T[]);

/** What an invoked actor may answer with. */
export interface ActorAnswers {
  readonly done?: Samples<unknown>;
  readonly failed?: Samples<unknown>;
  /** For `onSnapshot`. */
  readonly changed?: Samples<unknown>;
}

export interface SampleOptions {
  /** Sample payloads by event type. An event without one is sent bare. */
  readonly events?: Readonly<Record<string, Samples<Payload>>> | undefined;
  /** Sample answers of invoked actors, by the name they are registered under or by their id. */
  readonly results?: Readonly<Record<string, ActorAnswers>> | undefined;
}

/** Gives the events worth trying in a state. */
export type EventSource = (snapshot: AnyMachineSnapshot) => AnyEventObject[];

/**
 * The events a machine reacts to in a state, filled with the samples: those sent to it, its timers (`after`) and the
 * answers of the actors it invoked.
 * @throws PawlError TESTING_EVENT_UNKNOWN for a sample that no transition can use
 */
export function eventSource(machine: AnyStateMachine, options: SampleOptions): EventSource {
  const events = new Map(Object.entries(options.events ?? {}));
  const results = new Map(Object.entries(options.results ?? {}));
  refuseUnknown(machine, [...events.keys()], [...results.keys()]);

  return (snapshot) => {
    const scene = { value: snapshot.value, context: snapshot.context };
    const descriptors = new Set<string>(snapshot._nodes.flatMap((node) => node.ownEvents));
    return [...descriptors].filter(isFromOutside).flatMap((descriptor): AnyEventObject[] => {
      const sampled = typesFor(descriptor, [...events.keys()]).map((type) => ({ type, samples: events.get(type) }));
      return sampled.flatMap(({ type, samples }) => {
        if (samples !== undefined) {
          return listOf(samples, scene).map((payload) => ({ ...payload, type }));
        }
        const actorId = actorIdOf(type);
        return actorId === undefined ? [{ type }] : answers(results, snapshot, type, actorId, scene);
      });
    });
  };
}

/** A state's completion is raised by the machine itself; nobody sends it. */
function isFromOutside(descriptor: string): boolean {
  return descriptor !== "" && !descriptor.startsWith("xstate.done.state.");
}

function isWildcard(descriptor: string): boolean {
  return descriptor === "*" || descriptor.endsWith(".*");
}

/** The types to send for a descriptor; for a wildcard those a sample was given of, or else one made up. */
function typesFor(descriptor: string, sampled: readonly string[]): string[] {
  if (!isWildcard(descriptor)) {
    return [descriptor];
  }
  const matching = sampled.filter((type) => matches(type, descriptor));
  return matching.length > 0 ? matching : [descriptor === "*" ? "unlisted" : `${descriptor.slice(0, -2)}.unlisted`];
}

function matches(type: string, descriptor: string): boolean {
  return (
    type === descriptor || descriptor === "*" || (isWildcard(descriptor) && type.startsWith(descriptor.slice(0, -1)))
  );
}

function answers(
  results: ReadonlyMap<string, ActorAnswers>,
  snapshot: AnyMachineSnapshot,
  type: string,
  actorId: string,
  scene: SampleScene,
): AnyEventObject[] {
  const node = snapshot._nodes.find((active) => active.transitions.has(type));
  const given = (node && results.get(actorName(node, actorId))) ?? results.get(actorId);
  const cause = causeOf(type);
  if (cause === "failure") {
    return listOf(given?.failed ?? new Error("failed on purpose"), scene).map((error) => ({ type, error, actorId }));
  }
  if (cause === "result") {
    return listOf(given?.done, scene).map((output) => ({ type, output, actorId }));
  }
  const idle = { status: "active", output: undefined, error: undefined, context: undefined };
  return listOf(given?.changed ?? idle, scene).map((changed) => ({ type, snapshot: changed }));
}

function listOf<T>(samples: Samples<T>, scene: SampleScene): readonly T[] {
  const given = typeof samples === "function" ? (samples as (scene: SampleScene) => T | readonly T[])(scene) : samples;
  return Array.isArray(given) ? given : [given as T];
}

function refuseUnknown(machine: AnyStateMachine, events: readonly string[], results: readonly string[]): void {
  const declared = [...new Set(partsOf(machine).transitions.map((part) => part.event))].filter(isFromOutside);
  const unknownEvent = events.find((type) => !declared.some((descriptor) => matches(type, descriptor)));
  const actors = new Set(
    stateNodesOf(machine.root).flatMap((node) =>
      node.invoke.flatMap((invoked) => [actorName(node, invoked.id), invoked.id]),
    ),
  );
  const unknownActor = results.find((name) => !actors.has(name));
  const name = unknownEvent ?? unknownActor;
  if (name !== undefined) {
    const known = [...(unknownEvent === undefined ? actors : declared)].join(", ") || "nothing";
    throw new PawlError("TESTING_EVENT_UNKNOWN", { machine: machine.id, name, known });
  }
}
