import { describe, expect, test } from "vitest";
import { codesOf, parse, problemsOf, withTasks, withTop } from "./support.ts";

/** A plan with workstreams of the given ids and dependencies; the first is in line 4. */
function withWorkstreams(...lines: string[]): string {
  return [
    "pawl: 1",
    "name: x",
    "workstreams:",
    ...lines.map((line) => `  - { ${line}, tasks: [{ id: t, run: x }] }`),
  ].join("\n");
}

function withGates(...lines: string[]): string {
  return withTop("gates:", ...lines.map((line) => `  ${line}`));
}

describe("an id", () => {
  const refused: [string, string][] = [
    ["", "is empty"],
    ["a/b", "holds a slash"],
    ["a\\b", "holds a slash"],
    ["..", "holds `..`"],
    ["a..b", "holds `..`"],
    ["../etc", "holds a slash"],
    ["a b", "holds a space"],
    ["a\nb", "holds a control character"],
    ["a\u0000", "holds a control character"],
    ["-rf", 'begins with "-"'],
    [".git", 'begins with "."'],
    ["_x", 'begins with "_"'],
    ["a.", "ends with `.` or `.lock`"],
    ["main.lock", "ends with `.` or `.lock`"],
    ["ä", 'begins with "ä"'],
    ["a~1", 'holds "~"'],
    ["a:b", 'holds ":"'],
    ["a".repeat(65), "has 65 characters, and 64 are allowed"],
    ["a".repeat(10_000), "has 10000 characters, and 64 are allowed"],
  ];

  test.each(refused)("%j is refused for a task", async (id, reason) => {
    const [error, ...others] = await problemsOf(withTasks(`{ id: ${JSON.stringify(id)}, run: x }`));
    expect(others).toEqual([]);
    expect(error).toMatchObject({ code: "PLAN_BAD_ID", at: { line: 6, column: 15 } });
    expect(error?.message).toContain(reason);
    expect(error?.message.length).toBeLessThan(500);
  });

  test.each(refused)("%j is refused for a workstream, a gate and a tool", async (id, reason) => {
    const key = JSON.stringify(id);
    const plans = [
      withWorkstreams(`id: ${key}`),
      // Not every id can be a key in a line: a key over 1024 characters must be announced with `?`.
      withTop("gates:", `  ? ${key}`, "  : { type: LINT, run: x }"),
      withTop("tools:", `  ? ${key}`, "  : { run: x }"),
    ];
    for (const plan of plans) {
      const [error, ...others] = await problemsOf(plan);
      expect(others).toEqual([]);
      expect(error?.code).toBe("PLAN_BAD_ID");
      expect(error?.message).toContain(reason);
    }
  });

  test("holds a dot for a task, and none for a workstream, which ends at the first one in the names of its tasks", async () => {
    const [error, ...others] = await problemsOf(withWorkstreams("id: w.b"));
    expect(others).toEqual([]);
    expect(error?.message).toContain('"w.b" cannot be an id, it holds `.`, which comes between it and its tasks');
    const plan = await parse(withTasks("{ id: b.c, run: x }"));
    expect(plan.workstreams[0]?.tasks[0]?.id).toBe("b.c");
  });

  test.each(["a", "A1", "fix-timeout", "v1.2", "a_b", "0", "a".repeat(64), "constructor"])("%s is one", async (id) => {
    const plan = await parse(withTasks(`{ id: "${id}", run: x }`));
    expect(plan.workstreams[0]?.tasks[0]?.id).toBe(id);
  });

  test("is given once: tasks in their workstream, workstreams in the plan", async () => {
    const tasks = await problemsOf(withTasks("{ id: a, run: x }", "{ id: b, run: x }", "{ id: a, run: x }"));
    expect(tasks.map((error) => error.message)).toEqual([
      "plan.yaml:8:15: workstream w, task a: the id a was already given in line 6",
    ]);
    expect(await codesOf(withWorkstreams("id: a", "id: a"))).toEqual(["PLAN_DUPLICATE_ID 5:11"]);
    expect(await codesOf(withWorkstreams("id: a", "id: b"))).toEqual([]);
  });
});

describe("a dependency", () => {
  test("on itself is refused", async () => {
    expect(await codesOf(withTasks("{ id: a, run: x, depends_on: [a] }"))).toEqual(["PLAN_DEPENDS_ON_ITSELF 6:39"]);
    expect(await codesOf(withWorkstreams("id: a, depends_on: [a]"))).toEqual(["PLAN_DEPENDS_ON_ITSELF 4:27"]);
    expect(await codesOf(withGates("g: { type: LINT, run: x, depends_on: [g] }"))).toEqual([
      "PLAN_DEPENDS_ON_ITSELF 2:41",
    ]);
  });

  test("in a circle is refused with the path, for tasks, workstreams and gates", async () => {
    const tasks = withTasks(
      "{ id: a, run: x, depends_on: [b] }",
      "{ id: b, run: x, depends_on: [c] }",
      "{ id: c, run: x, depends_on: [a] }",
    );
    const gates = withGates("g: { type: LINT, run: x, depends_on: [h] }", "h: { type: LINT, run: x, depends_on: [g] }");
    const messages = async (text: string) => (await problemsOf(text)).map((error) => error.message);
    expect(await messages(tasks)).toEqual([
      "plan.yaml:6:39: workstream w, task a depends on itself in a circle: a → b → c → a",
    ]);
    expect(await messages(withWorkstreams("id: a, depends_on: [b]", "id: b, depends_on: [a]"))).toEqual([
      "plan.yaml:4:27: workstream a depends on itself in a circle: a → b → a",
    ]);
    expect(await messages(gates)).toEqual(["plan.yaml:2:41: gate g depends on itself in a circle: g → h → g"]);
  });

  test("in a circle of 1,000 shows where it begins and ends", async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `{ id: t${i}, run: x, depends_on: [t${(i + 1) % 1000}] }`);
    const [error, ...others] = await problemsOf(withTasks(...lines));
    expect(others).toEqual([]);
    expect(error?.message).toContain("circle: t0 → t1 → t2 → t3 → (993 more) → t997 → t998 → t999 → t0");
  });

  test("on nothing is refused with the nearest name", async () => {
    const [task] = await problemsOf(withTasks("{ id: build, run: x }", "{ id: b, run: x, depends_on: [biuld] }"));
    expect(task).toMatchObject({ code: "PLAN_DEPENDENCY_UNKNOWN", at: { line: 7, column: 39 } });
    expect(task?.message).toContain("there is no task of that id in its workstream (nor a gate)");
    expect(task?.fix).toMatch(/^Did you mean build\? /);
    const [workstream] = await problemsOf(withWorkstreams("id: client", "id: b, depends_on: [cleint]"));
    expect(workstream?.fix).toMatch(/^Did you mean client\? /);
    const [own] = await problemsOf(withTasks("{ id: bump, run: x, depends_on: [bumpp] }"));
    expect(own?.fix).toMatch(/^Name one that exists/);
    const [gate] = await problemsOf(withGates("lint: { type: LINT, run: x, depends_on: [tnil, lnit] }"));
    expect(gate?.message).toContain("gate lint depends on tnil, and there is no gate of that id in this plan");
  });

  test("has a hint only among the first hundred problems, so that 10,000 of them are told in time", async () => {
    const lines = Array.from({ length: 150 }, (_, i) => `{ id: t${i}, run: x, depends_on: [biuld] }`);
    const problems = await problemsOf(withTasks("{ id: build, run: x }", ...lines));
    expect(problems.map((error) => error.fix.startsWith("Did you mean build? "))).toEqual(lines.map((_, i) => i < 100));
  });

  test("of a task on a task of another workstream is refused", async () => {
    const text =
      "pawl: 1\nname: x\nworkstreams:\n  - { id: a, tasks: [{ id: s, run: x }] }\n  - { id: b, tasks: [{ id: t, run: x, depends_on: [s] }] }";
    expect(await codesOf(text)).toEqual(["PLAN_DEPENDENCY_UNKNOWN 5:52"]);
  });

  test("given twice is refused", async () => {
    expect(await codesOf(withTasks("{ id: a, run: x }", "{ id: b, run: x, depends_on: [a, a] }"))).toEqual([
      "PLAN_BAD_VALUE 7:42",
    ]);
  });

  test("of a task on a gate becomes a gate dependency, and the workstream has that gate with all it needs", async () => {
    const text = withTasks("{ id: a, run: x }", "{ id: b, run: x, depends_on: [unit, a] }").replace(
      "workstreams",
      "gates: { unit: { type: UNIT, run: x, depends_on: [lint] }, lint: { type: LINT, run: x }, other: { type: LINT, run: x } }\nworkstreams",
    );
    const plan = await parse(text);
    expect(plan.workstreams[0]?.preconditions).toEqual(["lint", "unit"]);
    expect(plan.workstreams[0]?.tasks[1]).toMatchObject({ dependsOn: ["a"], gateDependencies: ["unit"] });
    expect(plan.workstreams[0]?.tasks[0]).toMatchObject({ dependsOn: [], gateDependencies: [], dependants: ["b"] });
  });

  test("that may mean a task or a gate is refused", async () => {
    const text = withTasks("{ id: lint, run: x }", "{ id: b, run: x, depends_on: [lint] }").replace(
      "workstreams",
      "gates: { lint: { type: LINT, run: x } }\nworkstreams",
    );
    expect(await codesOf(text)).toEqual(["PLAN_DEPENDENCY_AMBIGUOUS 8:39"]);
  });
});

describe("an unknown name", () => {
  test("of a gate is refused in verify and final, with the nearest one", async () => {
    const text = ["pawl: 1", "name: x", "gates: { unit: { type: UNIT, run: x } }", "workstreams:"]
      .concat("  - { id: w, verify: [unti], final: [unit, e2e], tasks: [{ id: t, run: x }] }")
      .join("\n");
    const problems = await problemsOf(text);
    expect(problems.map((error) => [error.message, error.fix])).toEqual([
      [
        "plan.yaml:5:23: workstream w, verify: there is no gate unti",
        "Did you mean unit? Declare it under `gates`, or remove it here.",
      ],
      ["plan.yaml:5:44: workstream w, final: there is no gate e2e", "Declare it under `gates`, or remove it here."],
    ]);
  });

  test("of a tool is refused, with the nearest one", async () => {
    const text = withTasks("{ id: a, agent: adier, prompt: x }").replace("name", "tools: { aider: { run: x } }\nname");
    const [error] = await problemsOf(text);
    expect(error?.message).toBe("plan.yaml:7:25: workstream w, task a: there is no tool adier");
    expect(error?.fix).toBe("Did you mean aider? Declare it under `tools`.");
  });

  test("is not blamed when the list of names itself cannot be read", async () => {
    const text = ["pawl: 1", "name: x", "gates: [unit]", "workstreams:"]
      .concat("  - { id: w, verify: [unit], tasks: [{ id: t, run: x, depends_on: [unit] }] }")
      .join("\n");
    expect(await codesOf(text)).toEqual(["PLAN_WRONG_TYPE 3:8"]);
  });
});

test("workstreams and tasks come in an order that respects their dependencies, else in that of the file", async () => {
  const plan = await parse(withWorkstreams("id: c, depends_on: [b]", "id: a", "id: b"));
  expect(plan.workstreams.map((workstream) => workstream.id)).toEqual(["b", "c", "a"]);
  const tasks = await parse(withTasks("{ id: c, run: x, depends_on: [b] }", "{ id: a, run: x }", "{ id: b, run: x }"));
  expect(tasks.workstreams[0]?.tasks.map((task) => task.id)).toEqual(["b", "c", "a"]);
});
