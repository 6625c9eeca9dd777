import { describe, expect, test } from "vitest";
import { codesOf, parse, problemsOf, withTasks, withTop } from "./support.ts";

describe("the version of the plan language", () => {
  test.each([
    ["2", "2"],
    ['"1"', '"1"'],
    ["one", '"one"'],
    ["", "null"],
    ["1.1", "1.1"],
  ])("must be 1: pawl: %s is refused, and nothing else is said", async (written, found) => {
    const problems = await problemsOf(`pawl: ${written}\nunknown: key\n`);
    expect(problems.map((error) => error.message)).toEqual([
      `plan.yaml:1:7: this plan asks for version ${found} of the plan language, this Pawl reads version 1`,
    ]);
  });

  test("must be given", async () => {
    const [error] = await problemsOf("name: test\nworkstreams: [{ id: w, tasks: [{ id: t, run: x }] }]\n");
    expect(error?.message).toBe("plan.yaml:1:1: the plan: the key pawl is missing");
    expect(error?.fix).toBe("Add `pawl`: Version of the plan language: 1.");
  });
});

describe("a missing key", () => {
  test("is named with the thing that it is missing in", async () => {
    const text = "pawl: 1\ngates:\n  lint: { timeout: 5m }\nworkstreams:\n  - tasks:\n      - { run: x }\n";
    expect((await problemsOf(text)).map((error) => error.message)).toEqual([
      "plan.yaml:1:1: the plan: the key name is missing",
      "plan.yaml:3:9: gate lint: the key type is missing",
      "plan.yaml:3:9: gate lint: the key run is missing",
      "plan.yaml:5:5: workstream no. 1: the key id is missing",
      "plan.yaml:6:9: workstream no. 1, task no. 1: the key id is missing",
    ]);
  });

  test("is also what an agent without a prompt has", async () => {
    const [error] = await problemsOf(
      withTasks("{ id: a, agent: x }").replace("name", "tools: { x: { run: x } }\nname"),
    );
    expect(error?.message).toBe("plan.yaml:7:9: workstream w, task a: the key prompt is missing");
  });
});

describe("an unknown key", () => {
  test.each([
    [withTop("sekrets: []"), "the plan: unknown key sekrets", "Did you mean secrets? Known here: pawl, name,"],
    [
      withTop("tools: { t: { runs: x, run: x } }"),
      "tool t: unknown key runs",
      "Did you mean run? Known here: run, timeout.",
    ],
    [
      withTasks("{ id: a, run: x, depend_on: [] }"),
      "workstream w, task a: unknown key depend_on",
      "Did you mean depends_on? ",
    ],
    [
      withTasks("{ id: a, run: x, <<: { timeout: 2m } }"),
      'workstream w, task a: unknown key "<<"',
      "YAML 1.2 has no merge keys: write out here what is to be the same. Known here: id,",
    ],
    [
      withTasks("{ id: a, run: x, retries: { max: 1, wait: 2s } }"),
      "workstream w, task a, retries: unknown key wait",
      "Known here: max, backoff.",
    ],
    [
      withTasks("{ id: a, run: x, limits: { line: 1 } }"),
      "workstream w, task a, limits: unknown key line",
      "Did you mean lines? Known here: lines, bytes.",
    ],
  ])("is refused with the nearest known one", async (text, message, fix) => {
    const [error, ...others] = await problemsOf(text);
    expect(others).toEqual([]);
    expect(error?.message).toContain(message);
    expect(error?.fix).toContain(fix);
  });

  test("is refused at the key, each one of several", async () => {
    expect(await codesOf(withTop("one: 1", "two: 2"))).toEqual(["PLAN_KEY_UNKNOWN 1:1", "PLAN_KEY_UNKNOWN 2:1"]);
  });

  test("of 10,000 characters does not fill the screen", async () => {
    const [error] = await problemsOf(withTop(`"${"k".repeat(10_000)}": 1`));
    expect(error?.message.length).toBeLessThan(500);
  });
});

describe("a value of another type", () => {
  test.each([
    ["name: 5", "name must be text, not 5", 'Put it in quotes: "5".'],
    ["name: true", "name must be text, not true", 'Put it in quotes: "true".'],
    ["env: { PORT: }", "env.PORT must be text, not nothing", "Write text."],
    ["base: 12e4567", "base must be text, not 12e4567", 'Put it in quotes: "12e4567".'],
    ["base: 0012345", "base must be text, not 0012345", 'Put it in quotes: "0012345".'],
    ["base: 12345678901234567890", "not 12345678901234567890", 'Put it in quotes: "12345678901234567890".'],
    ["env: [A=b]", "env must be a map of keys and values, not a list", "Write a map of keys and values."],
    ["secrets: TOKEN", 'secrets must be a list, not "TOKEN"', "Put it in brackets: [TOKEN]."],
    [
      "concurrency: four",
      'concurrency must be a whole number, not "four"',
      "How many tasks are executed at the same time.",
    ],
    ["concurrency: 1.5", "concurrency must be a whole number, not 1.5", "Write a whole number."],
    ["concurrency: .inf", "concurrency must be a whole number, not .inf", "Write a whole number."],
    ["base:", "base must be text, not nothing", "Branch, tag or commit"],
    ["setup: { run: x }", "setup must be text or a list, not a map", "Write text or a list."],
    ["gates: [lint]", "gates must be a map of keys and values, not a list", "Checks, by id."],
    ["tools: { x: aider }", 'tool x must be a map of keys and values, not "aider"', "Write a map"],
  ])("%s is refused", async (line, message, fix) => {
    const text = line.startsWith("name") ? `${line}\n${withTop().replace("name: test\n", "")}` : withTop(line);
    const [error, ...others] = await problemsOf(text);
    expect(others).toEqual([]);
    expect(error?.message).toContain(`plan.yaml:1:`);
    expect(error?.message).toContain(message);
    expect(error?.fix).toContain(fix);
  });

  test.each([
    ["critical: yes", "critical must be true or false"],
    ["depends_on: other", "depends_on must be a list"],
    ["retries: many", "retries must be a whole number or a map of keys and values"],
    ["retries: [1]", "retries must be a whole number or a map of keys and values"],
    ["limits: 5", "limits must be a map of keys and values"],
    ["scope: src/**", "scope must be a list"],
    ["scope: [5]", "scope[0] must be text"],
    ["depends_on: [{}]", "depends_on[0] must be text"],
  ])("of a task is refused: %s", async (pair, message) => {
    const [error, ...others] = await problemsOf(withTasks(`{ id: a, run: x, ${pair} }`));
    expect(others).toEqual([]);
    expect(error?.code).toBe("PLAN_WRONG_TYPE");
    expect(error?.message).toContain(`workstream w, task a, ${message}`);
  });
});

describe("a value out of its range", () => {
  test.each([
    ["concurrency: 0", "concurrency: 0 is not allowed", "Write 1 to 1024."],
    ["concurrency: 1e9", "concurrency: 1000000000 is not allowed", "Write 1 to 1024."],
    ["concurrency: 99999999999999999999999", "concurrency: 1e+23 is not allowed", "Write 1 to 1024."],
    ["base: -delete", 'base: "-delete" is not allowed', "Write a branch, tag or commit, such as main or v1.2.0."],
    ["base: main..next", 'base: "main..next" is not allowed', "Write a branch"],
    ['base: ""', 'base: "" is not allowed', "Write 1 to 255 characters."],
    ["env: { A=B: c }", 'env."A=B": "A=B" is not allowed', "Write the name of an environment variable"],
    ["env: { PAWL_RUN: c }", 'env.PAWL_RUN: "PAWL_RUN" is not allowed', "those with `PAWL_` are set by Pawl itself"],
    ['env: { A: "x\\0" }', 'env.A: "x\\u0000" is not allowed', "Write it without NUL characters."],
    ['env: { A: "x\\uD800" }', 'env.A: "x\\ud800" is not allowed', "Write it without the half of a character"],
    ['env: { A: "\\uDE00\\uD83D" }', 'env.A: "\\ude00\\ud83d" is not', "Write it without the half of a character"],
    ["secrets: [TOKEN, TOKEN]", 'secrets[1]: "TOKEN" is not allowed', "Write each entry once."],
    [
      "gates: { g: { type: lint, run: x } }",
      'gate g, type: "lint" is not allowed',
      "Write one of LINT, UNIT, INTEGRATION, SECURITY.",
    ],
    [
      "gates: { g: { type: LINT, run: x, expected_exit_code: 256 } }",
      "gate g, expected_exit_code: 256 is not allowed",
      "Write 0 to 255.",
    ],
    [
      "gates: { g: { type: LINT, run: x, timeout: 0s } }",
      'gate g, timeout: "0s" is not allowed',
      "Write more than 0s and at most 24d.",
    ],
    [
      "gates: { g: { type: LINT, run: x, timeout: 25d } }",
      'gate g, timeout: "25d" is not allowed',
      "Write more than 0s and at most 24d.",
    ],
  ])("%s is refused", async (line, message, fix) => {
    const [error, ...others] = await problemsOf(withTop(line));
    expect(others).toEqual([]);
    expect(error?.code).toBe("PLAN_BAD_VALUE");
    expect(error?.message).toContain(message);
    expect(error?.fix).toContain(fix);
  });

  test("is where one word alone may stand told apart from nothing", async () => {
    const [error] = await problemsOf(withTasks("{ id: a, run: x, changes: all }"));
    expect(error).toMatchObject({ code: "PLAN_BAD_VALUE", fix: "Write `none`." });
  });

  test("is what an empty list of workstreams or tasks is", async () => {
    expect(await codesOf("pawl: 1\nname: x\nworkstreams: []\n")).toEqual(["PLAN_BAD_VALUE 3:14"]);
    expect(await codesOf("pawl: 1\nname: x\nworkstreams: [{ id: w, tasks: [] }]\n")).toEqual(["PLAN_BAD_VALUE 3:31"]);
  });

  test.each(["timeout: 5", "timeout: 5 minutes", 'timeout: ""', "timeout: -5s"])(
    "is %s, with the forms that are",
    async (pair) => {
      const [error] = await problemsOf(withTasks(`{ id: a, run: x, ${pair} }`));
      expect(error).toMatchObject({ code: "DURATION_INVALID", at: { line: 6 } });
      expect(error?.fix).toContain("500ms, 2s, 20m, 1h30m");
    },
  );

  test.each(["bytes: 5", "bytes: 5 kB", "bytes: 1KB"])("is %s, with the forms that are", async (pair) => {
    const [error] = await problemsOf(withTasks(`{ id: a, run: x, limits: { ${pair} } }`));
    expect(error).toMatchObject({ code: "SIZE_INVALID", at: { line: 6 } });
  });
});

describe("retries", () => {
  test.each([
    ["", { max: 0, backoffMs: 1000 }],
    [", retries: 3", { max: 3, backoffMs: 1000 }],
    [", retries: { max: 2 }", { max: 2, backoffMs: 1000 }],
    [", retries: { max: 2, backoff: 0s }", { max: 2, backoffMs: 0 }],
  ])("written as `%s` are %o", async (pair, retries) => {
    const plan = await parse(withTasks(`{ id: a, run: x${pair} }`));
    expect(plan.workstreams[0]?.tasks[0]?.retries).toEqual(retries);
  });

  test.each(["-1", "101", "{ backoff: 1s }", "{ max: 1, backoff: 5 }"])("of %s are refused", async (written) => {
    expect(await problemsOf(withTasks(`{ id: a, run: x, retries: ${written} }`))).toHaveLength(1);
  });
});

test("what a workstream may say beside its tasks is kept", async () => {
  const plan = await parse(
    "pawl: 1\nname: x\nsetup: a\nworkstreams: [{ id: w, disabled: true, setup: [b], dependency_timeout: 1h, tasks: [{ id: t, run: x }] }]",
  );
  expect(plan.workstreams[0]).toMatchObject({
    disabled: true,
    setup: { kind: "exec", args: ["b"] },
    dependencyTimeoutMs: 3_600_000,
  });
  expect(plan).toMatchObject({ base: "HEAD", concurrency: 4, env: {}, secrets: [], tools: [], gates: [] });
});

test("all problems of a plan are told at once, in the order of the file", async () => {
  const text = [
    "pawl: 1",
    "nam: x",
    "gates:",
    "  lint: { type: LINT, run: x, depends_on: [lint] }",
    "workstreams:",
    "  - id: a b",
    "    verify: [linter]",
    "    tasks:",
    "      - { id: t, run: x, patch: y, timeout: 5 }",
    "      - { id: t, run: x, depends_on: [u] }",
  ].join("\n");
  expect(await codesOf(text)).toEqual([
    "PLAN_KEY_MISSING 1:1",
    "PLAN_KEY_UNKNOWN 2:1",
    "PLAN_DEPENDS_ON_ITSELF 4:44",
    "PLAN_BAD_ID 6:9",
    "PLAN_GATE_UNKNOWN 7:14",
    "PLAN_TASK_KIND 9:9",
    "PLAN_ATTACHMENT_MISSING 9:33",
    "DURATION_INVALID 9:45",
    "PLAN_DUPLICATE_ID 10:15",
    "PLAN_DEPENDENCY_UNKNOWN 10:39",
  ]);
});
