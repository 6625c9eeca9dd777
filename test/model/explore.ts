import type { AnyStateMachine } from "xstate";
import { runMachine } from "../../machines/orchestration/run.ts";
import { brokenBy, brokenIn, hasEnded } from "./invariants.ts";
import { after, begin, configuration, type Happening, happenings, type Situation } from "./system.ts";

export interface Exploration {
  /** Distinct situations that were seen. */
  readonly situations: number;
  /** Steps that were taken between them. */
  readonly steps: number;
  readonly ends: number;
  /** True when there was nothing left to see. */
  readonly exhausted: boolean;
  /** The first broken invariant with the way to it; undefined when all held. */
  readonly fault: string | undefined;
}

export interface ExploreBounds {
  readonly machine?: AnyStateMachine;
  readonly workstreams?: typeof configuration;
  /** How many distinct situations are looked at, at most. */
  readonly mostSituations: number;
  /** Which of the situations that are still open is next; another seed looks elsewhere first. */
  readonly seed: number;
}

interface Seen {
  readonly situation: Situation;
  readonly from: Seen | undefined;
  readonly by: Happening | undefined;
}

/** From each so-many-th situation it is tried whether the run comes to an end without anybody's help. */
const tryEveryNth = 25;
const mostStepsToEnd = 200;

/** Takes every interleaving of outside events, to the bound, and checks each situation. */
export function explore({
  machine = runMachine,
  workstreams = configuration,
  mostSituations,
  seed,
}: ExploreBounds): Exploration {
  const first: Seen = { situation: begin(machine, workstreams), from: undefined, by: undefined };
  const seen = new Set([first.situation.key]);
  const open: Seen[] = [first];
  const random = generator(seed);
  let steps = 0;
  let ends = 0;
  const result = (fault: string | undefined): Exploration => ({
    situations: seen.size,
    steps,
    ends,
    exhausted: open.length === 0,
    fault,
  });
  while (open.length > 0 && seen.size < mostSituations) {
    const at = take(open, random);
    const next = happenings(at.situation);
    if (hasEnded(at.situation)) {
      ends += 1;
    } else if (next.every(({ byPerson }) => byPerson) && at.situation.parts.get("r")?.state !== "paused") {
      return result(`nothing can happen any more\n${wayTo(at)}`);
    }
    if (seen.size % tryEveryNth === 0 && !comesToAnEnd(machine, at.situation)) {
      return result(`it does not come to an end by itself\n${wayTo(at)}`);
    }
    for (const by of next) {
      const situation = after(machine, at.situation, by);
      steps += 1;
      const reached: Seen = { situation, from: at, by };
      const broken = brokenIn(situation) ?? brokenBy(at.situation, situation);
      if (broken !== undefined) {
        return result(`${broken}\n${wayTo(reached)}`);
      }
      if (!seen.has(situation.key)) {
        seen.add(situation.key);
        open.push(reached);
      }
    }
  }
  return result(undefined);
}

/** Half of the time the newest, which goes deep, else any. */
function take(open: Seen[], random: () => number): Seen {
  const index = random() < 0.5 ? open.length - 1 : Math.floor(random() * open.length);
  const [taken] = open.splice(index, 1);
  return taken as Seen;
}

/** Lets only the first thing happen that is no person's doing, again and again; a paused run is resumed. */
function comesToAnEnd(machine: AnyStateMachine, from: Situation): boolean {
  let at = from;
  for (let step = 0; step < mostStepsToEnd && !hasEnded(at); step += 1) {
    const all = happenings(at);
    const next = all.find(({ byPerson }) => !byPerson) ?? all.find(({ event }) => event.type === "resume_requested");
    if (next === undefined) {
      return false;
    }
    at = after(machine, at, next);
  }
  return hasEnded(at);
}

function wayTo(seen: Seen): string {
  const steps: string[] = [];
  for (let at: Seen | undefined = seen; at?.by !== undefined; at = at.from) {
    steps.unshift(`  ${at.by.path}: ${JSON.stringify(at.by.event)}`);
  }
  return steps.join("\n");
}

/** Numbers from 0 to below 1 that are the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
