import { expect, test } from "vitest";
import { withValues } from "../../../src/pipeline/run/command-values.ts";
import { secretValues } from "../../../src/pipeline/run/secret-values.ts";
import type { Plan } from "../../../src/plan/index.ts";

test("an argument in braces that is no placeholder stays as it is, also where every object has such a member", () => {
  const command = ["say", "{constructor}", "{task}", "{other}"];
  expect(withValues(command, { task: "bump" })).toEqual(["say", "{constructor}", "bump", "{other}"]);
});

test("a secret is taken from the environment alone, not from what every object has", () => {
  const plan = { secrets: ["constructor"] } as unknown as Plan;
  expect(() => secretValues(plan, {})).toThrow(expect.objectContaining({ code: "SECRET_MISSING" }));
  expect(secretValues(plan, { constructor: "a-value" as never })).toEqual(new Map([["constructor", "a-value"]]));
});
