import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Outside } from "./logics.ts";
import { kinds, machineSpec, steps } from "./machine-spec.ts";
import { inXState, sameAsXState } from "./property.ts";

/** Fixed, so that the suite says the same each time; `PAWL_SEED` puts another in their place. */
const given = process.env["PAWL_SEED"];
const seeds = given === undefined ? [1, 2, 3, 4, 5] : [Number(given)];
const machines = 200;

describe("random machines", () => {
  test.each(seeds)("of seed %i behave as in plain XState, over a restart after every cascade", async (seed) => {
    await fc.assert(sameAsXState, { numRuns: machines / seeds.length, seed });
  });

  test("do all that the language has", async () => {
    const outside = new Outside();
    for (const [spec, list] of fc.sample(fc.tuple(machineSpec, steps), { numRuns: machines, seed: 1 })) {
      await inXState(spec, list, outside);
    }
    const actions = "inc emit note ping cancelLater checked lone loneRef tellRef stopRef throw stop forward raise";
    const talk = "tellParent tell tellPeer later laterParent laterTell";
    const sent = "E.0 E.1 E.2 E.3 R.0 R.1 R.2";
    const own = "xstate.after xstate.done.actor xstate.done.state xstate.error.actor xstate.snapshot";
    const history = ["shallow", "deep", "history in parallel"];
    const wanted = [...[actions, talk, sent, own].join(" ").split(" "), ...history, ...kinds.map((k) => `spawn ${k}`)];
    expect(wanted.filter((what) => !outside.reached.has(what))).toEqual([]);
  });
});
