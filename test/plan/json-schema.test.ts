import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { type JsonSchema, planJsonSchema } from "../../src/plan/index.ts";
import { examplePlan } from "./example-plan.ts";
import { problemsOf, withTasks } from "./support.ts";

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

  test("is of a draft that editors have long known, and uses no word that came later", () => {
    expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
    const later = /"(dependentRequired|dependentSchemas|prefixItems|\$defs|unevaluated\w+|\w+Contains)":/;
    expect(JSON.stringify(schema)).not.toMatch(later);
  });

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

  test("asks for a prompt beside agent alone, and for no command's keys beside a patch, as the checks of a plan do", async () => {
    const tasks = new Map(keysOf(schema)).get("workstreams.tasks")!;
    const { dependencies } = tasks.items as JsonSchema & { dependencies: Readonly<Record<string, JsonSchema>> };
    const { patch, agent, changes, ...prompts } = dependencies;
    expect(changes).toEqual({ properties: { scope: false, limits: false } });
    expect(prompts).toEqual({ prompt: ["agent"], prompt_file: ["agent"] });
    expect(agent).toEqual({ oneOf: [{ required: ["prompt"] }, { required: ["prompt_file"] }] });
    const refused = Object.entries(patch?.properties ?? {}).filter(([, each]) => each === false);
    for (const [key] of refused) {
      const values: Readonly<Record<string, string>> = { changes: "none", env: "{ A: b }", expected_exit_code: "1" };
      const task = `{ id: t, patch: p.patch, ${key}: ${values[key]} }`;
      expect((await problemsOf(withTasks(task))).map(({ code }) => code)).toContain("PLAN_KEY_NOT_HERE");
    }
    expect(refused.map(([key]) => key)).toEqual(["changes", "env", "expected_exit_code"]);
  });

  test("takes numbers, true and false in commands and environments, as the checks of a plan do", () => {
    const typed = ["string", "number", "boolean"];
    const environments = keysOf(schema).filter(([path]) => /(^|\.)env$/.test(path));
    expect(environments).toMatchObject([
      ["env", { additionalProperties: { type: typed } }],
      ["workstreams.tasks.env", { additionalProperties: { type: typed } }],
    ]);
    const commands = keysOf(schema).filter(([path]) => /(^|\.)(run|setup)$/.test(path));
    expect(commands.map(([path]) => path)).toEqual([
      "setup",
      "tools.run",
      "gates.run",
      "workstreams.setup",
      "workstreams.tasks.run",
    ]);
    for (const [, { anyOf }] of commands) {
      expect(anyOf).toMatchObject([{ type: typed }, { type: "array", items: { type: typed } }]);
    }
  });

  test("asks for each entry of a list once, where the checks of a plan do", () => {
    const lists = keysOf(schema).filter(([, each]) => each.type === "array" && each["uniqueItems"] === true);
    expect(lists.map(([path]) => path)).toEqual([
      "secrets",
      "gates.depends_on",
      "workstreams.depends_on",
      "workstreams.verify",
      "workstreams.final",
      "workstreams.tasks.depends_on",
      "workstreams.tasks.scope",
    ]);
  });

  test.each(["PAWL_RUN", "1A", "A B"])("takes no variable called %s", (name) => {
    const { env, secrets } = schema.properties as Readonly<Record<string, JsonSchema>>;
    const patterns = [env?.propertyNames, secrets?.items].map((each) => String((each as JsonSchema).pattern));
    expect(patterns.map((pattern) => [new RegExp(pattern).test(name), new RegExp(pattern).test("PAW_1")])).toEqual([
      [false, true],
      [false, true],
    ]);
  });

  test("is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  test("accepts the example plan, and refuses what it does not describe", () => {
    // zod reads `required` only beside `properties`, so what the tests above look at is left out here.
    const unread = new Set(["oneOf", "dependencies"]);
    const readable = JSON.parse(JSON.stringify(schema, (key, value) => (unread.has(key) ? undefined : value)));
    const check = z.fromJSONSchema(readable);
    const example = parseYaml(examplePlan);
    expect(check.safeParse(example).error?.issues).toBeUndefined();
    expect(check.safeParse({ ...example, pawl: 2 }).success).toBe(false);
    expect(check.safeParse({ ...example, unknown: 1 }).success).toBe(false);
    expect(check.safeParse({ ...example, workstreams: [{ id: "a b", tasks: [] }] }).success).toBe(false);
  });
});
