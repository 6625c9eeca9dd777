import { happenings } from "./happenings.ts";
import { brokenBy, brokenIn, hasEnded } from "./invariants.ts";
import {
  after,
  begin,
  type configuration,
  type Happening,
  type Machines,
  realMachines,
  type Situation,
} from "./system.ts";
import { toolPath } from "./tool.ts";

export interface Exploration {
  /** Distinct situations that were seen. */
  readonly situations: number;
  /** Steps that were taken between them. */
  readonly steps: number;
  readonly ends: number;
  /** Situations in which the breaker refused a call. */
  readonly refusals: number;
  /** True when there was nothing left to see. */
  readonly exhausted: boolean;
  /** The first broken invariant with the way to it; undefined when all held. */
  readonly fault: string | undefined;
}

export interface ExploreBounds {
  /** In place of the real ones. */
  readonly machines?: Partial<Machines>;
  readonly workstreams?: typeof configuration;
  /** Whether a person ends tasks, patches and workstreams: what can happen then is so much more that little of the rest is seen. */
  readonly byHand?: boolean;
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
export function explore({ machines: given, workstreams, byHand, mostSituations, seed }: ExploreBounds): Exploration {
  const machines = { ...realMachines, ...given };
  const first: Seen = { situation: begin(machines, workstreams), from: undefined, by: undefined };
  const seen = new Set([first.situation.key]);
  const open: Seen[] = [first];
  const random = generator(seed);
  let steps = 0;
  let ends = 0;
  let refusals = 0;
  /** One step on. @throws Broken */
  const reach = (at: Seen, by: Happening): Seen => {
    const situation = after(machines, at.situation, by);
    steps += 1;
    const reached: Seen = { situation, from: at, by };
    const broken = brokenIn(situation) ?? brokenBy(at.situation, situation, by);
    if (broken !== undefined) {
      throw new Broken(broken, reached);
    }
    if (!seen.has(situation.key)) {
      seen.add(situation.key);
      open.push(reached);
      refusals += Number([...situation.tool.calls.values()].includes("refused"));
    }
    return reached;
  };
  const look = (): void => {
    for (let looked = 0; open.length > 0 && seen.size < mostSituations; looked += 1) {
      const at = take(open, random);
      const next = happenings(at.situation, byHand);
      if (hasEnded(at.situation)) {
        ends += 1;
      } else if (!goesOn(at.situation, next)) {
        throw new Broken("nothing can happen any more", at);
      }
      if (looked % tryEveryNth === 0) {
        comeToAnEnd(at, reach);
      }
      for (const by of next) {
        reach(at, by);
      }
    }
  };
  let fault: string | undefined;
  try {
    look();
  } catch (error) {
    if (!(error instanceof Broken)) {
      throw error;
    }
    fault = error.message;
  }
  return { situations: seen.size, steps, ends, refusals, exhausted: open.length === 0, fault };
}

/** An invariant does not hold, with the way to where it does not. */
class Broken extends Error {
  constructor(what: string, where: Seen) {
    super(`${what}\n${wayTo(where)}`);
  }
}

/** The time of the breaker helps nobody, as no task waits for it; a paused run waits for a person. */
function goesOn({ parts }: Situation, next: readonly Happening[]): boolean {
  return next.some(({ byPerson, path }) => !byPerson && path !== toolPath) || parts.get("r")?.state === "paused";
}

/** Half of the time the newest, which goes deep, else any. */
function take(open: Seen[], random: () => number): Seen {
  const index = random() < 0.5 ? open.length - 1 : Math.floor(random() * open.length);
  const [taken] = open.splice(index, 1);
  return taken as Seen;
}

/**
 * Lets only the first thing happen that is no person's doing, again and again; a paused run is resumed.
 * @throws Broken where that leads to no end
 */
function comeToAnEnd(from: Seen, reach: (at: Seen, by: Happening) => Seen): void {
  let at = from;
  for (let step = 0; step < mostStepsToEnd && !hasEnded(at.situation); step += 1) {
    const all = happenings(at.situation);
    const next = all.find(({ byPerson }) => !byPerson) ?? all.find(({ event }) => event.type === "resume_requested");
    if (next === undefined) {
      break;
    }
    at = reach(at, next);
  }
  if (!hasEnded(at.situation)) {
    throw new Broken("it does not come to an end by itself", at);
  }
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
