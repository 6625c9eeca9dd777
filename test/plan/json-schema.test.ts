import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { type JsonSchema, planJsonSchema } from "../../src/plan/index.ts";
import { examplePlan } from "./example-plan.ts";

/** Every key that the schema knows, with its path and its own schema. */
function keysOf(schema: JsonSchema, path = ""): [string, JsonSchema][] {
  const parts = [schema, ...((schema.anyOf ?? []) as JsonSchema[])];
  return parts.flatMap((part) => [
    ...Object.entries(part.properties ?? {}).flatMap(([key, each]): [string, JsonSchema][] => [
      [`${path}${key}`, each as JsonSchema],
      ...keysOf(each as JsonSchema, `${path}${key}.`),
    ]),
    ...[part.items, part.additionalProperties]
      .filter((each): each is JsonSchema => typeof each === "object")
      .flatMap((each) => keysOf(each, path)),
  ]);
}

describe("the JSON Schema of a plan", () => {
  const schema = planJsonSchema();

  test("describes every key", () => {
    const keys = keysOf(schema);
    expect(keys.map(([path]) => path)).toEqual(
      expect.arrayContaining(["pawl", "tools.timeout", "gates.type", "workstreams.tasks.retries.backoff"]),
    );
    expect(keys.length).toBeGreaterThan(45);
    expect(keys.filter(([, each]) => !each.description?.endsWith("."))).toEqual([]);
  });

  test("allows no other key anywhere", () => {
    const maps = [...keysOf(schema).map(([, each]) => each), schema].filter((each) => each.properties !== undefined);
    expect(maps.length).toBeGreaterThan(1);
    expect(maps.every((each) => each.additionalProperties === false)).toBe(true);
  });

  test("asks for exactly one of run, patch and agent", () => {
    const tasks = new Map(keysOf(schema)).get("workstreams.tasks")!;
    expect((tasks.items as JsonSchema).oneOf).toEqual([
      { required: ["run"] },
      { required: ["patch"] },
      { required: ["agent"] },
    ]);
  });

  test("is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  test("accepts the example plan, and refuses what it does not describe", () => {
    // zod reads `required` only beside `properties`, so what the test above looks at is left out here.
    const readable = JSON.parse(JSON.stringify(schema, (key, value) => (key === "oneOf" ? undefined : value)));
    const check = z.fromJSONSchema(readable);
    const example = parseYaml(examplePlan);
    expect(check.safeParse(example).error?.issues).toBeUndefined();
    expect(check.safeParse({ ...example, pawl: 2 }).success).toBe(false);
    expect(check.safeParse({ ...example, unknown: 1 }).success).toBe(false);
    expect(check.safeParse({ ...example, workstreams: [{ id: "a b", tasks: [] }] }).success).toBe(false);
  });
});
