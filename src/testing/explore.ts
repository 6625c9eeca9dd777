import { getShortestPaths } from "@xstate/graph";
import type { ActorLogic, AnyEventObject, AnyMachineSnapshot, AnyStateMachine, Snapshot } from "xstate";
import { PawlError } from "../base/errors/index.ts";
import { type Cover, goalsOf, reachedBy } from "./goals.ts";
import { probe, type Traced } from "./probe.ts";
import { eventSource, type SampleOptions } from "./samples.ts";
import { valueText } from "./value-text.ts";

export interface ExploreOptions extends SampleOptions {
  readonly cover: Cover;
  /** What the machine starts with. */
  readonly input?: unknown;
  /** Several inputs to start with, instead of `input`: all are tried, and the paths taken that cover most. */
  readonly inputs?: readonly unknown[] | undefined;
  /** How many steps may be tried before giving up; 50,000 unless given. A step costs about 50 µs. */
  readonly limit?: number | undefined;
  /** At the limit: an error (so unless given), or `stop` and make do with the paths found so far. */
  readonly atLimit?: "error" | "stop" | undefined;
  /**
   * The part of the context that decides what can happen next. Two situations with the same states and the same part
   * are taken for one. Without it the whole context counts, which is right but never ends for a context that counts on.
   */
  readonly context?: ((context: never) => unknown) | undefined;
}

/** A place in the graph that is searched: where the machine is, and how the last step came there. */
type Place = Snapshot<undefined> & {
  /** Absent at the root of the graph, from which the machine is started with one input or another. */
  readonly traced?: Traced;
  readonly before?: Traced | undefined;
  readonly input: unknown;
  readonly key: string;
};

/** A way from the start, and the goals it goes through. */
export interface Way {
  readonly input: unknown;
  readonly events: readonly AnyEventObject[];
  readonly reaches: ReadonlySet<string>;
  readonly cost: number;
}

const defaultLimit = 50_000;
const startType = "start of the search";
const idle = { status: "active", output: undefined, error: undefined } as const;

/**
 * Ways from the start to each distinct situation of a machine; the search ends early when nothing is left to cover. How a situation was reached is part of it, so that there is a way through each transition and
 * not only into each state.
 * @throws PawlError TESTING_LIMIT_REACHED, TESTING_CONTEXT_UNREADABLE, TESTING_SAMPLE_UNREADABLE
 */
export function explore(machine: AnyStateMachine, options: ExploreOptions): Way[] {
  const run = probe(machine);
  const events = eventSource(machine, options);
  const goals = goalsOf(machine, options.cover);
  const open = new Set(goals);
  const limit = options.limit ?? defaultLimit;
  let tried = 0;

  const inputs = options.inputs ?? [options.input];

  function place(from: Pick<Place, "input" | "traced">, traced: Traced): Place {
    const { input, traced: before } = from;
    for (const goal of reachedBy(options.cover, traced, before)) {
      open.delete(goal);
    }
    const situation = situationOf(machine, traced.snapshot, options.context);
    const key = JSON.stringify([inputs.indexOf(input), situation, ...cameBy(options.cover, traced, before)]);
    return { ...idle, input, traced, before, key };
  }

  function step(from: Place, traced: Traced, event: AnyEventObject): Place {
    tried += 1;
    if (tried > limit && options.atLimit !== "stop") {
      const [first = ""] = open;
      const counts = { limit, left: open.size, goals: goals.length, first };
      throw new PawlError("TESTING_LIMIT_REACHED", { machine: machine.id, cover: options.cover, ...counts });
    }
    const next = run.step(traced.snapshot, event);
    return next.taken.length === 0 ? from : place(from, next);
  }

  const logic: ActorLogic<Place, AnyEventObject> = {
    getInitialSnapshot: () => ({ ...idle, input: undefined, key: "root" }),
    getPersistedSnapshot: (from) => from,
    transition(from, event) {
      const input = event["input"];
      return from.traced === undefined ? place({ input }, run.start(input)) : step(from, from.traced, event);
    },
  };

  const paths = getShortestPaths<ActorLogic<Place, AnyEventObject>>(logic, {
    events: ({ traced }) =>
      traced === undefined ? inputs.map((input) => ({ type: startType, input })) : events(traced.snapshot),
    serializeState: (from) => from.key,
    serializeEvent: (event) => eventText(machine, event),
    stopWhen: ({ traced }) =>
      traced !== undefined && (open.size === 0 || (options.atLimit === "stop" && tried >= limit)),
  });
  // The first step of each path is the root, the second the start; the path of the root alone is none.
  return paths
    .filter(({ steps }) => steps.length > 1)
    .map(({ steps, state }) => ({
      input: state.input,
      events: steps.slice(2).map(({ event }) => event),
      reaches: new Set(
        steps.flatMap(({ state: { traced, before } }) =>
          traced === undefined ? [] : reachedBy(options.cover, traced, before),
        ),
      ),
      cost: steps.length - 2,
    }));
}

function cameBy(cover: Cover, traced: Traced, before: Traced | undefined): unknown[] {
  if (cover === "states") {
    return [traced.entered];
  }
  return cover === "transitions" ? [traced.taken] : [traced.taken, before?.taken.at(-1)];
}

function situationOf(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  part: ((context: never) => unknown) | undefined,
): unknown {
  const history = Object.entries(snapshot.historyValue).map(([id, nodes]) => [id, nodes?.map((node) => node.id)]);
  try {
    const context = part === undefined ? snapshot.context : part(snapshot.context as never);
    return [snapshot.value, history, JSON.stringify(context, comparable)];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const values = { machine: machine.id, state: valueText(snapshot.value), reason };
    throw new PawlError("TESTING_CONTEXT_UNREADABLE", values, { cause });
  }
}

/** Errors, maps and the like would all look alike (`{}`) in JSON, and so would situations that differ in them. */
function comparable(_key: string, value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) {
    return [...value];
  }
  if (value instanceof Error) {
    return [value.name, value.message];
  }
  return typeof value === "bigint" ? `${value}n` : value;
}

/** @throws PawlError TESTING_SAMPLE_UNREADABLE */
function eventText(machine: AnyStateMachine, event: AnyEventObject): string {
  try {
    return JSON.stringify(event, comparable);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PawlError("TESTING_SAMPLE_UNREADABLE", { machine: machine.id, event: event.type, reason }, { cause });
  }
}
