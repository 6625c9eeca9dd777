import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AnyStateMachine, assign, fromPromise, setup, spawnChild } from "xstate";
import { PawlError } from "../../src/base/errors/index.ts";
import { bareMachine, type Cover, type PathsOptions, pathsFor, replayPath } from "../../src/testing/index.ts";
import { counter, form, loader, loaderAnswers, lock, player } from "./machines.ts";

const lockOptions = {
  input: { code: "42" },
  events: { enter: [{ code: "42" }, { code: "1" }], reset: { operator: "ada" } },
};

/** Looks deep into each event that it takes. */
const reader = setup({
  types: {} as { events: { type: "open"; file: { name: string } } },
  actors: { read: fromPromise<{ rows: number[] }>(async () => ({ rows: [] })) },
}).createMachine({
  id: "reader",
  initial: "closed",
  states: {
    closed: { on: { open: { guard: ({ event }) => event.file.name !== "", target: "reading" } } },
    reading: {
      invoke: {
        src: "read",
        onDone: { guard: ({ event }) => event.output.rows.length > 0, target: "closed" },
        onError: {
          guard: ({ event }) => (event.error as { cause: { code: number } }).cause.code > 0,
          target: "closed",
        },
      },
    },
  },
});

const machines: [string, AnyStateMachine, Omit<PathsOptions, "cover">][] = [
  ["hierarchy, history and timers", player, {}],
  ["parallel regions", form, {}],
  ["guards and eventless steps", lock, lockOptions],
  ["invoked actors", loader, { results: loaderAnswers }],
];

describe("pathsFor", () => {
  for (const [what, machine, options] of machines) {
    for (const cover of ["states", "transitions"] satisfies Cover[]) {
      test(`covers all ${cover} of a machine with ${what}`, () => {
        const set = pathsFor(machine, { ...options, cover });
        expect(set.uncovered).toEqual([]);
        expect(set.goals.length).toBeGreaterThan(3);
        expect(set.paths.length).toBeLessThanOrEqual(set.goals.length);
      });
    }

    for (const cover of ["states", "transitions", "transition-pairs"] satisfies Cover[]) {
      test(`the live machine with ${what} is where each path for ${cover} says`, async () => {
        const set = pathsFor(machine, { ...options, cover });
        for (const path of set.paths) {
          await replayPath(path, bareMachine(machine));
        }
        expect(set.paths.length).toBeGreaterThan(0);
      });
    }
  }

  test("says what comes from a timer and what from an invoked actor", () => {
    const { paths } = pathsFor(loader, { cover: "transitions", results: loaderAnswers });
    const steps = paths.flatMap((path) => path.steps);
    expect(new Set(steps.map((step) => `${step.cause}: ${step.label}`))).toEqual(
      new Set([
        "outside: load",
        "result: fetchUser done",
        "failure: fetchUser failed",
        "timer: after 30000 ms",
        "timer: after 500 ms",
      ]),
    );
    expect(steps.find((step) => step.cause === "result")?.context).toMatchObject({ name: "Ada" });
  });

  test("counts each guarded variant, and a state that is left at once", () => {
    const set = pathsFor(lock, { ...lockOptions, cover: "transitions" });
    expect(set.goals).toEqual([
      "lock.closed: enter",
      "lock.closed: enter #2",
      "lock.checking: always",
      "lock.checking: always #2",
      "lock.sealed: reset",
    ]);
    expect(pathsFor(lock, { ...lockOptions, cover: "states" }).paths.flatMap((path) => path.states)).toContain(
      "lock.checking",
    );
  });

  test("takes few paths: none is there that only leads to a state on another's way", () => {
    const { paths } = pathsFor(loader, { cover: "states", results: loaderAnswers });
    expect(paths.map((path) => path.title)).toEqual([
      "reaches done: load, loaded",
      "reaches waiting: load, fetchUser failed",
      "reaches failed: load, after 30000 ms",
    ]);
  });

  test("covers each two transitions that can follow one another", () => {
    const { goals, uncovered } = pathsFor(player, { cover: "transition-pairs" });
    expect(goals).toContain("player.on.stopped: play → player.on.playing: after 1000 ms");
    expect(goals).not.toContain("player.on.stopped: play → player.off: power");
    // The history brings it back to where it was, so it is not always the first state within.
    expect(uncovered).toEqual([]);
  });

  test("reports what nothing leads to", () => {
    const options = { context: () => 0 };
    expect(pathsFor(counter, { ...options, cover: "states" }).uncovered).toEqual(["counter.lost"]);
    expect(pathsFor(counter, { ...options, cover: "transitions" }).uncovered).toEqual(["counter.lost: stop"]);
  });

  test("gives up at the limit and names it, when a context counts for ever", () => {
    expect(() => pathsFor(counter, { cover: "states", limit: 200 })).toThrow(
      "counter: limit of 200 tried steps reached with 1 of 3 states open, the first: counter.lost",
    );
  });

  test("stops at the limit with what it found, when asked to", () => {
    const { paths, uncovered } = pathsFor(counter, { cover: "states", limit: 200, atLimit: "stop" });
    expect(paths.map((path) => path.end)).toEqual(["stopped"]);
    expect(uncovered).toEqual(["counter.lost"]);
  });

  test("does not need the limit when all is covered before", () => {
    const reachable = setup({
      types: { context: {} as { count: number } },
      actions: { count: assign({ count: ({ context }) => context.count + 1 }) },
    }).createMachine({ id: "reachable", context: { count: 0 }, on: { tick: { actions: "count" } } });
    const { paths, goals, uncovered } = pathsFor(reachable, { cover: "transitions", limit: 200 });
    expect(uncovered).toEqual([]);
    expect(goals).toEqual(["reachable: tick"]);
    expect(paths.map(({ steps }) => steps.map(({ label }) => label))).toEqual([["tick"]]);
  });

  test("takes samples from a function of the state", () => {
    const seen: unknown[] = [];
    const { uncovered } = pathsFor(lock, {
      cover: "transitions",
      input: { code: "7" },
      events: {
        enter: ({ context, value }) => {
          seen.push(value);
          return [{ code: (context as { code: string }).code }, { code: "" }];
        },
        reset: { operator: "ada" },
      },
    });
    expect(uncovered).toEqual([]);
    expect(new Set(seen)).toEqual(new Set(["closed"]));
  });

  test("leaves a guard uncovered that no sample passes", () => {
    const { uncovered } = pathsFor(lock, {
      ...lockOptions,
      events: { ...lockOptions.events, reset: { operator: "" } },
      cover: "transitions",
    });
    expect(uncovered).toEqual(["lock.sealed: reset"]);
  });

  test("refuses a sample of an event the machine does not know, and names those it knows", () => {
    expect(() => pathsFor(lock, { cover: "states", events: { entr: { code: "1" } } })).toThrow(PawlError);
    expect(() => pathsFor(lock, { cover: "states", events: { entr: {} } })).toThrow(
      'lock has no transition for "entr", of which a sample was given',
    );
    expect(() => pathsFor(loader, { cover: "states", results: { fetchUsr: {} } })).toThrow('"fetchUsr"');
  });

  test.each([
    ["cover", { cover: "state" as Cover }, '"state"', "states, transitions, transition-pairs"],
    ["cover", { cover: undefined as unknown as Cover }, "undefined", "states, transitions, transition-pairs"],
    ["atLimit", { cover: "states", atLimit: "halt" as "stop" }, '"halt"', "error, stop"],
    ["limit", { cover: "states", limit: Number.NaN }, "NaN", "a number, 0 or more"],
    ["limit", { cover: "states", limit: -1 }, "-1", "a number, 0 or more"],
  ] as const)("refuses a %s that it does not know, and names what it takes", (option, options, value, allowed) => {
    const refusal = {
      code: "TESTING_OPTION_INVALID",
      message: `${option} cannot be ${value}`,
      fix: `It takes ${allowed}.`,
    };
    expect(() => pathsFor(player, options)).toThrow(expect.objectContaining(refusal));
  });

  test("says which event needs a sample when the machine throws", () => {
    expect(() => pathsFor(lock, { cover: "states", input: { code: "1" }, events: { enter: { code: "2" } } })).toThrow(
      /^lock threw in sealed on reset: [\s\S]*length/,
    );
    expect(() => pathsFor(lock, { cover: "states" })).toThrow(/^lock threw when it started/);
  });

  test("says in which option the sample goes that would have kept the machine from throwing", () => {
    const fixOf = (options: Omit<PathsOptions, "cover">) => {
      try {
        return pathsFor(reader, { cover: "transitions", ...options }).uncovered;
      } catch (error) {
        return (error as PawlError).fix;
      }
    };
    const events = { open: { file: { name: "a" } } };
    const done = { rows: [1] };
    expect(fixOf({})).toBe('Give a complete sample in the option events: { "open": … }.');
    expect(fixOf({ events })).toMatch(/ in the option results: { "read": { done: … } }\.$/);
    expect(fixOf({ events, results: { read: { done } } })).toMatch(/ results: { "read": { failed: … } }\.$/);
    expect(fixOf({ events, results: { read: { done, failed: { cause: { code: 1 } } } } })).toEqual([]);
  });

  test("says what cannot be compared: a circle in a sample, or in the context", () => {
    const circle: Record<string, unknown> = { name: "a" };
    circle["self"] = circle;
    const keeping = setup({ types: {} as { context: { kept: unknown }; events: { type: "keep" } } }).createMachine({
      id: "keeping",
      context: ({ input }) => ({ kept: input }),
      on: { keep: {} },
    });
    const refused = (machine: AnyStateMachine, options: Omit<PathsOptions, "cover">): unknown => {
      try {
        return pathsFor(machine, { cover: "transitions", ...options });
      } catch (error) {
        const { code, message } = error as PawlError;
        return [code, message.split("\n")[0]];
      }
    };
    expect([refused(reader, { events: { open: { file: circle } } }), refused(keeping, { input: circle })]).toEqual([
      [
        "TESTING_SAMPLE_UNREADABLE",
        expect.stringMatching(/^reader: what was given for open cannot be compared: Converting circular/),
      ],
      [
        "TESTING_CONTEXT_UNREADABLE",
        expect.stringMatching(/^keeping: its context in .* cannot be compared: Converting circular/),
      ],
    ]);
  });

  test("tells situations apart by the part of the context that is named", () => {
    const blind = pathsFor(lock, { ...lockOptions, cover: "states", context: () => "same" });
    expect(blind.uncovered).toEqual(["lock.sealed"]);
    const seeing = pathsFor(lock, {
      ...lockOptions,
      cover: "states",
      context: ({ wrong }: { wrong: number }) => wrong,
    });
    expect(seeing.uncovered).toEqual([]);
  });

  test("tries several inputs, and takes of each what it adds", () => {
    const codes = [{ code: "a" }, { code: "b" }, { code: "c" }];
    const { paths, uncovered } = pathsFor(lock, {
      cover: "transitions",
      inputs: codes,
      events: { enter: { code: "b" }, reset: { operator: "ada" } },
    });
    expect(uncovered).toEqual([]);
    expect(paths.find((path) => path.end === "open")?.input).toEqual({ code: "b" });
    expect(paths.find((path) => path.states.includes("lock.sealed"))?.input).toEqual({ code: "a" });
    expect(
      pathsFor(lock, { cover: "states", inputs: codes, events: { enter: { code: "d" }, reset: { operator: "" } } })
        .uncovered,
    ).toEqual(["lock.open"]);
  });

  test("lets an action look at its own actor and its children, and runs each step in a system of its own", () => {
    const idle = setup({}).createMachine({});
    const family = setup({ types: { context: {} as { kids: string[] } }, actors: { idle } }).createMachine({
      id: "family",
      context: { kids: [] },
      initial: "alone",
      states: {
        alone: { on: { grow: { target: "grown", actions: spawnChild("idle", { id: "kid", systemId: "kid" }) } } },
        grown: {
          on: {
            look: {
              target: "alone",
              actions: assign({ kids: ({ self }) => Object.keys(self.getSnapshot().children) }),
            },
          },
        },
      },
    });
    const { paths, uncovered } = pathsFor(family, { cover: "transition-pairs" });
    expect(uncovered).toEqual([]);
    expect(paths[0]?.steps[1]?.context).toEqual({ kids: ["kid"] });
  });

  test("covers any machine of random states and events, and nothing but what can be reached", () => {
    fc.assert(
      fc.property(randomRows, (rows) => {
        const { machine, reachable, transitions } = machineOf(rows);
        const set = pathsFor(machine, { cover: "transitions" });
        expect(set.goals.length - set.uncovered.length).toBe(transitions);
        const states = pathsFor(machine, { cover: "states" });
        expect(states.goals.filter((id) => !states.uncovered.includes(id)).sort()).toEqual(reachable);
      }),
      { numRuns: 100 },
    );
  });
});

/** For each of six states the state each of its events leads to. */
const randomRows = fc.array(fc.dictionary(fc.constantFrom("a", "b", "c"), fc.nat(5), { noNullPrototype: true }), {
  minLength: 6,
  maxLength: 6,
});

/** A flat machine, with its reachable states and the number of transitions that leave these, found independently. */
function machineOf(rows: readonly Record<string, number>[]) {
  const states = Object.fromEntries(
    rows.map((row, index) => [
      `s${index}`,
      { on: Object.fromEntries(Object.entries(row).map(([event, to]) => [event, `s${to}`])) },
    ]),
  );
  const reached = new Set([0]);
  for (const index of reached) {
    for (const to of Object.values(rows[index] ?? {})) {
      reached.add(to);
    }
  }
  return {
    machine: setup({}).createMachine({ id: "random", initial: "s0", states }),
    reachable: [...reached].map((index) => `random.s${index}`).sort(),
    transitions: [...reached].reduce((sum, index) => sum + Object.keys(rows[index] ?? {}).length, 0),
  };
}
