import { describe, expect, test } from "vitest";
import { codesOf, parse, problemsOf, withTasks, withTop } from "./support.ts";

describe("a task", () => {
  test.each([
    ["{ id: a }", "none of them"],
    ["{ id: a, run: x, patch: y }", "run and patch"],
    ["{ id: a, run: x, patch: y, agent: z }", "run and patch and agent"],
  ])("%s is refused: it is exactly one of run, patch and agent", async (task, found) => {
    const problems = await problemsOf(withTasks(task));
    const kind = problems.find((error) => error.code === "PLAN_TASK_KIND");
    expect(kind?.message).toBe(
      `plan.yaml:6:9: workstream w, task a has ${found}, and a task is exactly one of run, patch and agent`,
    );
  });

  test.each([
    ["run: x, prompt: y", "prompt has no meaning for a `run` task"],
    ["run: x, prompt_file: y", "prompt_file has no meaning for a `run` task"],
    ["patch: x, env: {}", "env has no meaning for a `patch` task"],
    ["patch: x, changes: none", "changes has no meaning for a `patch` task"],
    ["patch: x, expected_exit_code: 1", "expected_exit_code has no meaning for a `patch` task"],
    ["run: x, changes: none, scope: [a]", "scope has no meaning with `changes: none`"],
    ["run: x, changes: none, limits: {}", "limits has no meaning with `changes: none`"],
    ["agent: x, prompt: y, prompt_file: z", "prompt_file has no meaning beside `prompt`"],
  ])("of { %s } is refused", async (keys, message) => {
    const problems = await problemsOf(withTasks(`{ id: a, ${keys} }`));
    const error = problems.find((each) => each.code === "PLAN_KEY_NOT_HERE");
    expect(error?.message).toContain(`workstream w, task a: ${message}`);
  });

  test("or a workstream cannot be critical and allowed to fail", async () => {
    const both = "critical: true, allow_failure: true";
    expect(await codesOf(withTasks(`{ id: a, run: x, ${both} }`))).toEqual(["PLAN_CONTRADICTION 6:42"]);
    const workstream = `pawl: 1\nname: x\nworkstreams: [{ id: w, ${both}, tasks: [{ id: t, run: x }] }]`;
    expect(await codesOf(workstream)).toEqual(["PLAN_CONTRADICTION 3:40"]);
    expect(await codesOf(withTasks("{ id: a, run: x, critical: false, allow_failure: true }"))).toEqual([]);
  });

  test("keeps what it says of its execution", async () => {
    const keys = "env: { A: b }, expected_exit_code: 3, timeout: 90s, critical: true, limits: { bytes: 1KiB }";
    const plan = await parse(withTasks(`{ id: a, run: x, ${keys} }`));
    expect(plan.workstreams[0]?.tasks[0]).toMatchObject({
      env: { A: "b" },
      expectedExitCode: 3,
      timeoutMs: 90_000,
      critical: true,
      limits: { maxLines: null, maxBytes: 1024 },
    });
  });

  test("of an agent has the timeout of its tool unless it has its own", async () => {
    const tools = "tools: { x: { run: x, timeout: 5m } }\nname";
    const text = withTasks("{ id: a, agent: x, prompt: p }", "{ id: b, agent: x, prompt: p, timeout: 1m }");
    const plan = await parse(text.replace("name", tools));
    expect(plan.workstreams[0]?.tasks.map((task) => task.timeoutMs)).toEqual([300_000, 60_000]);
  });
});

describe("a secret", () => {
  test("cannot have its value in the plan", async () => {
    expect(await codesOf(withTop("secrets: [TOKEN]", "env: { TOKEN: abc }"))).toEqual(["PLAN_KEY_NOT_HERE 2:8"]);
    const task = withTasks("{ id: a, run: x, env: { TOKEN: abc } }").replace("name", "secrets: [TOKEN]\nname");
    expect(await codesOf(task)).toEqual(["PLAN_KEY_NOT_HERE 7:33"]);
  });
});

describe("a scope", () => {
  test.each([
    ["", "is empty"],
    ["/src/**", "is absolute"],
    ["C:/src", "is absolute"],
    ["~/src", "is absolute"],
    ["../src", "leads out with `..`"],
    ["src/../../x", "leads out with `..`"],
    ["src/..", "leads out with `..`"],
    ["{src,..}/x", "leads out with `..`"],
    ["db/{8..12}.sql", "has a range that is not of one letter or digit (write {8,9,10} for {8..10})"],
    ["db/{{8..12},x}.sql", "has a range that is not of one letter or digit (write {8,9,10} for {8..10})"],
    ["{src/a.ts,b..c}", "has a range that is not of one letter or digit (write {8,9,10} for {8..10})"],
    ["!src/**", "begins with `!`"],
    ["src/", "names a folder"],
    ["a\u0000b", "holds a control character"],
    ["a\ud800b", "holds the half of a character"],
    ["a".repeat(600), "has 600 characters"],
  ])("of %j is refused", async (glob, reason) => {
    const [error, ...others] = await problemsOf(withTasks(`{ id: a, run: x, scope: [${JSON.stringify(glob)}] }`));
    expect(others).toEqual([]);
    expect(error).toMatchObject({ code: "PLAN_SCOPE", at: { line: 6, column: 34 } });
    expect(error?.message).toContain(reason);
  });

  test.each(["src/**", "*.md", "a..b/*", "src/{a,b}/**", ".github/**", "db/{1..3}{a..c}/x"])(
    "of %j is one",
    async (glob) => {
      expect(await codesOf(withTasks(`{ id: a, run: x, scope: ["${glob}"] }`))).toEqual([]);
    },
  );

  test("without any glob is refused", async () => {
    expect(await codesOf(withTasks("{ id: a, run: x, scope: [] }"))).toEqual(["PLAN_BAD_VALUE 6:33"]);
  });
});

describe("a command", () => {
  test.each([
    ["''", "PLAN_BAD_VALUE"],
    ["'  '", "PLAN_BAD_VALUE"],
    ["[]", "PLAN_BAD_VALUE"],
    ["['', x]", "PLAN_BAD_VALUE"],
    ["['{task}', x]", "PLAN_BAD_VALUE"],
    ['"a\\0b"', "PLAN_BAD_VALUE"],
    ['[a, "b\\0"]', "PLAN_BAD_VALUE"],
    ["[a, ~]", "PLAN_WRONG_TYPE"],
    ["~", "PLAN_WRONG_TYPE"],
    ["[[a]]", "PLAN_WRONG_TYPE"],
    ["[{ a: b }]", "PLAN_WRONG_TYPE"],
  ])("%s is refused", async (run, code) => {
    expect((await problemsOf(withTasks(`{ id: a, run: ${run} }`))).map((error) => error.code)).toEqual([code]);
  });

  test("as a list keeps its arguments, empty and odd ones too", async () => {
    const args = ["printf", "", "-x", "a b; rm $HOME", "{}", "{a,b}", "{A}"];
    const plan = await parse(withTasks(`{ id: a, run: ${JSON.stringify(args)} }`));
    expect(plan.workstreams[0]?.tasks[0]).toMatchObject({ run: { kind: "exec", args } });
  });

  test("has a number, or true or false, as it was typed", async () => {
    const args = ["git", "-1", "08", "1.0", "0x1F", "True", ".5", "1e3", "12345678901234567890", ".inf"];
    const tasks = [`{ id: a, run: [${args.join(", ")}] }`, "{ id: b, run: [true] }", "{ id: c, run: false }"];
    const plan = await parse(withTasks(...tasks));
    expect(plan.workstreams[0]?.tasks).toMatchObject([
      { run: { kind: "exec", args } },
      { run: { kind: "exec", args: ["true"] } },
      { run: { kind: "shell", text: "false" } },
    ]);
  });

  test("has them so wherever it stands, in JSON, and through an alias", async () => {
    const tasks = [{ id: "a", agent: "t", prompt: "x" }];
    const gates = { g: { type: "LINT", run: ["g", 1] } };
    const tools = { t: { run: ["t", true] } };
    const workstreams = [
      { id: "v", tasks },
      { id: "w", setup: 3, tasks },
    ];
    const json = { pawl: 1, name: "x", setup: ["s", 2], gates, tools, workstreams };
    const plan = await parse(JSON.stringify(json).replace("2", "2.50"));
    expect([plan.gates, plan.tools, plan.workstreams]).toMatchObject([
      [{ run: { args: ["g", "1"] } }],
      [{ run: { args: ["t", "true"] } }],
      [{ setup: { args: ["s", "2.50"] } }, { setup: { text: "3" } }],
    ]);
    const both = await parse(withTasks("{ id: a, run: &same [sleep, 01] }", "{ id: b, run: *same }"));
    expect(both.workstreams[0]?.tasks).toMatchObject([
      { run: { args: ["sleep", "01"] } },
      { run: { args: ["sleep", "01"] } },
    ]);
  });

  test("has an environment of text, as it was typed", async () => {
    const own = withTasks("{ id: a, run: x, env: { MODE: 0644, YES: True, A: 1.0 } }");
    const plan = await parse(own.replace("name", "env: { PORT: 8080, A: x }\nname"));
    const [task] = plan.workstreams[0]?.tasks ?? [];
    expect([plan.env, task]).toMatchObject([
      { PORT: "8080", A: "x" },
      { env: { MODE: "0644", YES: "True", A: "1.0" } },
    ]);
  });

  test("of another type is told what to write", async () => {
    const [error] = await problemsOf(withTasks("{ id: a, run: [a, ~] }"));
    expect(error?.message).toBe("plan.yaml:6:27: workstream w, task a, run[1] must be text, not nothing");
  });

  test("as text is kept as it is", async () => {
    const text = `printf '%s' "\${task}" | awk '{print $1}'`;
    const plan = await parse(withTasks(`{ id: a, run: ${JSON.stringify(text)} }`));
    expect(plan.workstreams[0]?.tasks[0]).toMatchObject({ run: { kind: "shell", text } });
  });

  test.each([
    ["task", "[a, '{worktree}', '{run}', '{workstream}', '{task}']", []],
    ["task", "[a, '{prompt_file}']", ["{prompt_file} is no placeholder that is known here"]],
    ["task", "[a, '{taks}']", ["{taks} is no placeholder that is known here"]],
    ["task", "[a, '--id={task}']", ["{task} is only part of an argument"]],
    ["task", "'a {task}'", ["{task} is not put into a command that is text"]],
    ["gate", "[a, '{worktree}', '{run}', '{workstream}']", []],
    ["gate", "[a, '{task}']", ["{task} is no placeholder that is known here"]],
    ["tool", "[a, '{prompt}', '{prompt_file}', '{worktree}', '{task}']", []],
    ["tool", "[a, '--message-file={prompt_file}']", ["{prompt_file} is only part of an argument"]],
    ["tool", "'a {prompt_file}'", ["{prompt_file} is not put into a command that is text"]],
    ["setup", "[a, '{worktree}']", []],
    ["setup", "[a, '{task}']", ["{task} is no placeholder that is known here"]],
  ])("of a %s: %s", async (place, run, messages) => {
    const plans: Record<string, string> = {
      task: withTasks(`{ id: a, run: ${run} }`),
      gate: withTop(`gates: { g: { type: LINT, run: ${run} } }`),
      tool: withTop(`tools: { t: { run: ${run} } }`),
      setup: withTop(`setup: ${run}`),
    };
    const problems = await problemsOf(plans[place]!);
    expect(problems.map((error) => error.code)).toEqual(messages.map(() => "PLAN_PLACEHOLDER"));
    for (const [index, message] of messages.entries()) {
      expect(problems[index]?.message).toContain(message);
    }
  });

  test("with an unknown placeholder names the nearest and all that are known", async () => {
    const [error] = await problemsOf(withTop("tools: { t: { run: [a, '{promt_file}'] } }"));
    expect(error?.fix).toMatch(/^Did you mean \{prompt_file\}\? Known here: \{worktree\}, \{run\}, /);
  });
});
