import { getShortestPaths } from "@xstate/graph";
import type { ActorLogic, AnyEventObject, AnyMachineSnapshot, AnyStateMachine, Snapshot } from "xstate";
import { PawlError } from "../base/errors/index.ts";
import { type Cover, goalsOf, reachedBy } from "./goals.ts";
import { probe, type Traced } from "./probe.ts";
import { eventSource, type SampleOptions } from "./samples.ts";
import { valueText } from "./value-text.ts";

export interface ExploreOptions extends SampleOptions {
  readonly cover: Cover;
  readonly input?: unknown;
  /** How many steps may be tried before giving up; 50,000 unless given. A step costs about 50 µs. */
  readonly limit?: number | undefined;
  /**
   * The part of the context that decides what can happen next. Two situations with the same states and the same part
   * are taken for one. Without it the whole context counts, which is right but never ends for a context that counts on.
   */
  readonly context?: ((context: never) => unknown) | undefined;
}

/** A place in the graph that is searched: where the machine is, and how the last step came there. */
type Place = Snapshot<undefined> & {
  readonly traced: Traced;
  readonly before: Traced | undefined;
  readonly key: string;
};

/** A way from the start, and the goals it goes through. */
export interface Way {
  readonly events: readonly AnyEventObject[];
  readonly reaches: ReadonlySet<string>;
  readonly cost: number;
}

const defaultLimit = 50_000;

/**
 * Ways from the start to each distinct situation of a machine; the search ends early when nothing
 * is left to cover. How a situation was reached is part of it, so that there is a way through each transition and
 * not only into each state.
 * @throws PawlError TESTING_LIMIT_REACHED
 */
export function explore(machine: AnyStateMachine, options: ExploreOptions): Way[] {
  const run = probe(machine);
  const events = eventSource(machine, options);
  const goals = goalsOf(machine, options.cover);
  const open = new Set(goals);
  const limit = options.limit ?? defaultLimit;
  let tried = 0;

  function place(traced: Traced, before: Traced | undefined): Place {
    for (const goal of reachedBy(options.cover, traced, before)) {
      open.delete(goal);
    }
    const situation = situationOf(machine, traced.snapshot, options.context);
    const key = JSON.stringify([situation, ...cameBy(options.cover, traced, before)]);
    return { status: "active", output: undefined, error: undefined, traced, before, key } satisfies Place;
  }

  const logic: ActorLogic<Place, AnyEventObject> = {
    getInitialSnapshot: () => place(run.start(options.input), undefined),
    getPersistedSnapshot: (from) => from,
    transition(from, event) {
      tried += 1;
      if (tried > limit) {
        const [first = ""] = open;
        const counts = { limit, left: open.size, goals: goals.length, first };
        throw new PawlError("TESTING_LIMIT_REACHED", { machine: machine.id, cover: options.cover, ...counts });
      }
      const traced = run.step(from.traced.snapshot, event);
      return traced.taken.length === 0 ? from : place(traced, from.traced);
    },
  };

  const paths = getShortestPaths<ActorLogic<Place, AnyEventObject>>(logic, {
    events: (from) => events(from.traced.snapshot),
    serializeState: (from) => from.key,
    serializeEvent,
    stopWhen: () => open.size === 0,
  });
  // The first step of each path stands for the start.
  return paths.map(({ steps }) => ({
    events: steps.slice(1).map((step) => step.event),
    reaches: new Set(steps.flatMap(({ state }) => reachedBy(options.cover, state.traced, state.before))),
    cost: steps.length - 1,
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

function serializeEvent(event: AnyEventObject): string {
  return JSON.stringify(event, comparable);
}
