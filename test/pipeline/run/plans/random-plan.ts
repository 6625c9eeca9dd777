import fc from "fast-check";
import { filesOfAKind, pathsOf, type Step } from "./deeds.ts";
import { someGates } from "./random-gates.ts";

export interface RandomTask {
  readonly id: string;
  /** With its workstream: `w0.t1`. */
  readonly name: string;
  readonly how: "text" | "list" | "agent" | "patch" | "mail";
  readonly steps: readonly Step[];
  /** So many attempts fail before one succeeds, and how. */
  readonly failures: number;
  readonly fails: "exit" | "kill" | "hang";
  readonly changesNone: boolean;
  /** Its scope is `own/**`. */
  readonly isScoped: boolean;
  /** It may change two lines; its own file has three. */
  readonly isLimited: boolean;
  readonly after: readonly string[];
  readonly afterGates: readonly string[];
  readonly retries: number;
  readonly critical: boolean;
  readonly allowFailure: boolean;
  readonly pauseMs: number;
}

export interface RandomWorkstream {
  readonly id: string;
  readonly after: readonly string[];
  readonly critical: boolean;
  readonly allowFailure: boolean;
  readonly disabled: boolean;
  readonly verify: readonly string[];
  readonly final: readonly string[];
  readonly tasks: readonly RandomTask[];
}

export interface RandomPlan {
  readonly concurrency: number;
  readonly setup: boolean;
  readonly workstreams: readonly RandomWorkstream[];
}

/** What happens to the process at work, so long after its start. */
export interface Disturbance {
  readonly what: "kill" | "interrupt" | "interrupt_twice" | "terminate" | "cancel" | "second_resume";
  readonly afterMs: number;
}

export interface Scenario {
  readonly plan: RandomPlan;
  readonly disturbances: readonly Disturbance[];
  /** When an earlier run of the plan was killed, to be cancelled then; null where there was none. */
  readonly earlierMs: number | null;
}

/** True so many times in a hundred. */
const percent = (of: number): fc.Arbitrary<boolean> => fc.nat({ max: 99 }).map((n) => n < of);
const among = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const step = fc.record<Step>({
  kind: fc.oneof(
    { arbitrary: among<Step["kind"]>("own"), weight: 8 },
    { arbitrary: among<Step["kind"]>("binary", "rename", "mode", "remove"), weight: 6 },
    { arbitrary: among<Step["kind"]>("ignored", "commits", "cleans"), weight: 3 },
    { arbitrary: among<Step["kind"]>("shared"), weight: 2 },
    { arbitrary: among<Step["kind"]>("bad"), weight: 1 },
  ),
  k: fc.nat({ max: filesOfAKind - 1 }),
});

const task = fc.record({
  how: among<RandomTask["how"]>("text", "text", "list", "list", "agent", "patch", "mail"),
  steps: fc.uniqueArray(step, { maxLength: 3, selector: ({ kind }) => kind }),
  failures: among(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 9),
  fails: among<RandomTask["fails"]>("exit", "exit", "kill", "hang"),
  changesNone: percent(12),
  isScoped: percent(5),
  isLimited: percent(3),
  after: fc.array(fc.nat(), { maxLength: 2 }),
  afterGates: someGates(1),
  retries: among(0, 1, 1, 2),
  critical: percent(10),
  allowFailure: percent(20),
  pauseMs: among(0, 0, 30, 100, 200),
});

const workstream = fc.record({
  after: fc.array(fc.nat(), { maxLength: 2 }),
  critical: percent(15),
  allowFailure: percent(30),
  disabled: percent(4),
  verify: someGates(6),
  final: someGates(6),
  tasks: fc.array(task, { minLength: 1, maxLength: 5 }),
});

/** Some of those that come before the one at `index`. */
const earlier = (numbers: readonly number[], index: number, prefix: string): string[] =>
  index === 0 ? [] : [...new Set(numbers.map((number) => `${prefix}${number % index}`))];

export const isPatch = ({ how }: Pick<RandomTask, "how">): boolean => how === "patch" || how === "mail";

type RawTask = Omit<RandomTask, "id" | "name" | "after"> & { readonly after: readonly number[] };

/** One that the plan language allows: a patch changes something, and a check has neither scope nor limits. */
function valid(raw: RawTask, index: number, ws: string, hasSetup: boolean): RandomTask {
  const name = `${ws}.t${index}`;
  const changing = raw.steps.filter((each) => pathsOf({ name, steps: [each] }).length > 0);
  const own: Step = { kind: "own", k: 0 };
  const steps = isPatch(raw) ? (changing.length > 0 ? changing : [own]) : raw.steps;
  const changesNone = raw.changesNone && !isPatch(raw);
  const failures = isPatch(raw) ? 0 : raw.failures;
  return {
    ...raw,
    id: `t${index}`,
    name,
    steps: steps.filter(({ kind }) => kind !== "cleans" || hasSetup),
    after: earlier(raw.after, index, "t"),
    failures,
    retries: failures > 0 && raw.fails === "hang" ? Math.min(raw.retries, 1) : raw.retries,
    changesNone,
    isScoped: raw.isScoped && !changesNone,
    isLimited: raw.isLimited && !changesNone && steps.some(({ kind }) => kind === "own"),
    allowFailure: raw.allowFailure && !raw.critical,
  };
}

const workstreams = fc.array(workstream, { minLength: 1, maxLength: 6 });
const plan = fc.record({ concurrency: fc.integer({ min: 1, max: 5 }), setup: percent(50), workstreams }).map(
  (raw): RandomPlan => ({
    ...raw,
    workstreams: raw.workstreams.map((each, index) => ({
      ...each,
      id: `w${index}`,
      after: earlier(each.after, index, "w"),
      allowFailure: each.allowFailure && !each.critical,
      tasks: each.tasks.map((one, number) => valid(one, number, `w${index}`, raw.setup)),
    })),
  }),
);

const moment = fc.oneof(fc.integer({ min: 20, max: 600 }), fc.integer({ min: 300, max: 3_500 }));

const happens = (most: number, ...what: Disturbance["what"][]): fc.Arbitrary<Disturbance[]> =>
  fc.array(fc.record({ what: among(...what), afterMs: moment }), { minLength: 1, maxLength: most });

const scenario = fc.record<Scenario>({
  plan,
  disturbances: fc.oneof(
    { arbitrary: fc.constant([]), weight: 2 },
    { arbitrary: happens(5, "kill"), weight: 4 },
    { arbitrary: happens(4, "kill", "interrupt", "interrupt_twice", "terminate", "second_resume"), weight: 4 },
    {
      arbitrary: fc
        .tuple(happens(2, "kill", "interrupt"), happens(1, "cancel"))
        .map(([before, cancel]) => [...before, ...cancel]),
      weight: 2,
    },
  ),
  earlierMs: fc.oneof({ arbitrary: fc.constant(null), weight: 3 }, { arbitrary: moment, weight: 1 }),
});

/** The same scenario for the same seed. */
export function scenarioOf(seed: number): Scenario {
  return fc.sample(scenario, { seed, numRuns: 1 })[0] as Scenario;
}
