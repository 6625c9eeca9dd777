import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { withValues } from "../../../src/pipeline/run/command-values.ts";
import { secretValues } from "../../../src/pipeline/run/secret-values.ts";
import type { Plan } from "../../../src/plan/index.ts";
import { oneRun, placeWith } from "../../cli/pawl.fixture.ts";

test("an argument in braces that is no placeholder stays as it is, also where every object has such a member", () => {
  const command = ["say", "{constructor}", "{task}", "{other}"];
  expect(withValues(command, { task: "bump" })).toEqual(["say", "{constructor}", "bump", "{other}"]);
});

test("a secret is taken from the environment alone, not from what every object has", () => {
  const plan = { secrets: ["constructor"] } as unknown as Plan;
  expect(() => secretValues(plan, {})).toThrow(expect.objectContaining({ code: "SECRET_MISSING" }));
  expect(secretValues(plan, { constructor: "a-value" as never })).toEqual(new Map([["constructor", "a-value"]]));
});

test.runIf(process.platform === "linux")(
  "a prompt that no variable can hold is in its file, and what names no file does not go without",
  () => {
    const tools = [
      'named: { run: [cp, "{prompt_file}", prompt.txt] }',
      "shell: { run: 'cp \"$PAWL_PROMPT_FILE\" prompt.txt' }",
      "other: { run: 'echo \"$PAWL_PROMPT\" > prompt.txt' }",
    ];
    const streams = ["named", "shell", "other"].map(
      (tool) => `  - { id: ${tool}, allow_failure: true, tasks: [{ id: a, agent: ${tool}, prompt_file: long.txt }] }\n`,
    );
    const plan = `pawl: 1\nname: p\ntools:\n  ${tools.join("\n  ")}\nworkstreams:\n${streams.join("")}`;
    const place = placeWith(plan);
    const prompt = "é".repeat(100_000);
    place.write("long.txt", prompt);
    expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 0 });
    expect(place.git("show", "pawl/p-1:prompt.txt")).toBe(prompt);
    expect(place.pawl("status").stdout).toMatch(/named +completed.*shell +completed.*other +failed/s);
    expect(place.pawl("show", "other.a").stdout).toContain("E2BIG");
  },
);

describe("what a command is told", () => {
  const told = '"$A $B" "$PAWL_RUN" "$PAWL_WORKSTREAM" "$PAWL_TASK" "$PAWL_ATTEMPT"';
  const say = (file: string) => `test "$PAWL_WORKTREE" = "$PWD" && printf "%s|" ${told} > ${file}`;
  const plan = `pawl: 1
name: p
env: { A: plan, B: plan }
setup: '${say("../../../setup.txt")}'
tools:
  text: { run: '${say("text.txt")} && echo "$PAWL_PROMPT" >> text.txt && cat "$PAWL_PROMPT_FILE" >> text.txt' }
  list: { run: [node, say.mjs, "{worktree}", "{run}", "{workstream}", "{task}", "{prompt}"] }
gates:
  g: { type: UNIT, run: '${say("../../../gate.txt")}; exit 7', expected_exit_code: 7 }
workstreams:
  - id: w
    verify: [g]
    tasks:
      - { id: a, env: { B: task }, run: '${say("a.txt")}' }
      - { id: text, agent: text, prompt: Be brief. }
      - { id: list, agent: list, prompt: Be brief. }
      - { id: again, run: 'test "$PAWL_ATTEMPT" = 2', changes: none, retries: { max: 1, backoff: 0s } }
      - { id: three, run: 'exit 3', expected_exit_code: 3, changes: none }
      - { id: none, run: 'exit 0', expected_exit_code: 3, changes: none, allow_failure: true }
`;
  const run = oneRun(plan, {
    "say.mjs": "import fs from 'node:fs'; fs.writeFileSync('list.json', JSON.stringify(process.argv.slice(2)));",
  });
  const committed = (file: string) => run.place.git("show", `pawl/p-1:${file}`);

  test("are the variables of the plan, over them those of its task, and what it is of", () => {
    expect(run.printed).toMatchObject({ status: 0, stderr: "" });
    expect(committed("a.txt")).toBe("plan task|p-1|w|a|1|");
  });

  test("is the same of a tool, with its prompt, as text and as a list", () => {
    expect(committed("text.txt")).toBe("plan plan|p-1|w|text|1|Be brief.\nBe brief.");
    const [folder, ...rest] = JSON.parse(committed("list.json"));
    expect([basename(dirname(dirname(folder))), ...rest]).toEqual(["worktrees", "p-1", "w", "list", "Be brief."]);
  });

  test("is the same of a gate and of the setup, which are of no task", () => {
    const named = (file: string) => readFileSync(join(run.place.folder, ".state", file), "utf8");
    expect(named("gate.txt")).toBe("plan plan|p-1|w||1|");
    expect(named("setup.txt")).toBe("plan plan|p-1|||1|");
  });

  test("leaves it to the plan which exit status is a success", async () => {
    const { stdout } = await run.place.look("status", "--all");
    expect(stdout).toMatch(/w\.again +completed.*w\.three +completed.*w\.none +failed/s);
    expect((await run.place.look("show", "w.none")).stdout).toContain("ended with exit code 0, not 3");
  });
});
