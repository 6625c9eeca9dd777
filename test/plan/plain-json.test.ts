import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseText } from "../../src/plan/parse-text.ts";
import { plainJson } from "../../src/plan/plain-json.ts";
import { PlanErrors } from "../../src/plan/problems.ts";

const limits = { levels: 32, marks: 200_000 };

describe("a plan that is JSON", () => {
  test("has the values and places that YAML gives it", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 }),
        fc.constantFrom(0, 1, 4),
        (value, indent) => {
          fc.pre(!JSON.stringify(value).includes("__proto__"));
          const text = JSON.stringify(value, null, indent);
          // What follows is no JSON any more, so that YAML has to read it.
          const json = parseText(text, "plan.json");
          const yaml = parseText(`${text}\n# YAML`, "plan.json");
          // Not the value itself: JSON writes -0 as 0.
          expect(plainJson(text, limits)).toEqual(JSON.parse(text));
          expect(json.data).toEqual(yaml.data);
          const [key] = Object.keys(value);
          expect(json.keyPlace([key as string])).toEqual(yaml.keyPlace([key as string]));
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    ["a key twice", '{"a": 1, "b": {"c": 1, "c": 2}}'],
    ["a key twice, once escaped", '{"a": 1, "\\u0061": 2}'],
    ["__proto__", '{"__proto__": 1}'],
    ["a list", "[1]"],
    ["YAML", "{a: 1}"],
    ["33 levels", `{"a": ${"[".repeat(32)}${"]".repeat(32)}}`],
    ["too many marks", `{"a": [${"0,".repeat(200_000)}0]}`],
  ])("is left to YAML when it has %s", (_, text) => {
    expect(plainJson(text, limits)).toBeUndefined();
  });

  test("is refused with the places of both when a key stands twice", () => {
    const text = '{\n  "pawl": 1,\n  "pawl": 2\n}';
    const errors = (): unknown => parseText(text, "plan.json");
    expect(errors).toThrow(PlanErrors);
    expect(errors).toThrow("plan.json:3:3");
  });
});
