import fc from "fast-check";
import { expect, test } from "vitest";
import { buildMachine } from "./build-machine.ts";
import { machineSpec } from "./machine-spec.ts";
import { sameAsXState } from "./property.ts";

test("200 random machines behave as in plain XState, over a restart after every cascade", async () => {
  await fc.assert(sameAsXState, { numRuns: 200, seed: 2 });
});

test("most of the random machines can be built, so that little is left out", () => {
  const specs = fc.sample(machineSpec, { numRuns: 300, seed: 1 });
  expect(specs.filter((spec) => buildMachine(spec) !== undefined).length).toBeGreaterThan(200);
});
