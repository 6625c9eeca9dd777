import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine, StateValue } from "xstate";
import { causeOf, type EventCause } from "./event-label.ts";
import { type ExploreOptions, explore, type Way } from "./explore.ts";
import { type Cover, covers, goalsOf, reachedBy } from "./goals.ts";
import { refuseUnlessNumber, refuseUnlessOneOf } from "./options.ts";
import { labelIn, probe, type Traced } from "./probe.ts";
import { smallSelection } from "./select.ts";
import { valueText } from "./value-text.ts";

/** One event of a path, and where the machine is after it. */
export interface PathStep {
  readonly event: AnyEventObject;
  /** Who sends it. A timer's or an actor's event has a type of XState's (`xstate.after.…`, `xstate.done.actor.…`). */
  readonly cause: EventCause;
  /** The event in a reader's words: `push`, `after 1000 ms`, `fetchUser done`. */
  readonly label: string;
  readonly value: StateValue;
  readonly context: unknown;
  /** Ids of the transitions taken, in order. */
  readonly taken: readonly string[];
}

export interface MachinePath {
  /** `reaches open: push, after 1000 ms`. */
  readonly title: string;
  /** What the machine was started with. */
  readonly input: unknown;
  /** Where the machine is before the first event. */
  readonly start: StateValue;
  readonly steps: readonly PathStep[];
  readonly end: StateValue;
  /** Ids of the states it goes through, those left at once included. */
  readonly states: readonly string[];
  /** Ids of the transitions it takes. */
  readonly transitions: readonly string[];
}

export interface PathsOptions extends ExploreOptions {}

export interface PathSet {
  readonly cover: Cover;
  readonly paths: readonly MachinePath[];
  /** All there is to cover: ids of states or transitions, or pairs of these. */
  readonly goals: readonly string[];
  /** The goals that no path reaches with the given samples: unreachable, or in want of another sample. */
  readonly uncovered: readonly string[];
}

interface Walk {
  readonly path: MachinePath;
  readonly reaches: ReadonlySet<string>;
}

/**
 * A small set of short paths that together cover a machine, whoever wrote it; machines with `after` and `invoke`
 * included. Timers count as able to fire whenever they are armed: a path may let the later of two fire first.
 * @throws PawlError TESTING_LIMIT_REACHED, TESTING_STEP_THREW, TESTING_START_THREW, TESTING_EVENT_UNKNOWN,
 * TESTING_CONTEXT_UNREADABLE, TESTING_SAMPLE_UNREADABLE, TESTING_OPTION_INVALID
 */
export function pathsFor(machine: AnyStateMachine, options: PathsOptions): PathSet {
  refuseUnlessOneOf("cover", options.cover, covers);
  refuseUnlessOneOf("atLimit", options.atLimit ?? "error", ["error", "stop"]);
  refuseUnlessNumber("limit", options.limit ?? 0, 0);
  const goals = goalsOf(machine, options.cover);
  const ways = explore(machine, options);
  const chosen = smallSelection(ways, goals);
  // A machine of one state and no transition still has a path: to start.
  const walks = (chosen.length === 0 ? ways.slice(0, 1) : chosen).map((way) => walk(machine, way, options.cover));
  const reached = new Set(walks.flatMap(({ reaches }) => [...reaches]));
  return {
    cover: options.cover,
    paths: walks.map(({ path }) => path),
    goals,
    uncovered: goals.filter((goal) => !reached.has(goal)),
  };
}

/** Takes the events one by one, so that what a path claims is what the machine did and not what the search assumed. */
function walk(machine: AnyStateMachine, { input, events }: Way, cover: Cover): Walk {
  const run = probe(machine);
  const start = run.start(input);
  const trace: Traced[] = [start];
  const reaches = new Set(reachedBy(cover, start, undefined));
  const steps: PathStep[] = [];
  let last = start;
  for (const event of events) {
    const next = run.step(last.snapshot, event);
    for (const goal of reachedBy(cover, next, last)) {
      reaches.add(goal);
    }
    steps.push(toStep(last.snapshot, event, next));
    trace.push(next);
    last = next;
  }
  const end = last.snapshot.value;
  const labels = steps.map((step) => step.label);
  const path = {
    title: labels.length === 0 ? `starts in ${valueText(end)}` : `reaches ${valueText(end)}: ${labels.join(", ")}`,
    input,
    start: start.snapshot.value,
    steps,
    end,
    states: [...new Set(trace.flatMap((step) => step.entered))],
    transitions: [...new Set(trace.flatMap((step) => step.taken.flat()))],
  };
  return { path, reaches };
}

function toStep(from: AnyMachineSnapshot, event: AnyEventObject, next: Traced): PathStep {
  return {
    event,
    cause: causeOf(event.type),
    label: labelIn(from, event.type),
    value: next.snapshot.value,
    context: next.snapshot.context,
    taken: next.taken.flat(),
  };
}
