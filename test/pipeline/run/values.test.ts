import { expect, test } from "vitest";
import { withValues } from "../../../src/pipeline/run/command-values.ts";
import { secretValues } from "../../../src/pipeline/run/secret-values.ts";
import type { Plan } from "../../../src/plan/index.ts";
import { placeWith } from "../../cli/pawl.fixture.ts";

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
