import { existsSync, ftruncateSync, openSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { placeWith } from "./pawl.fixture.ts";

const head = "pawl: 1\nname: p\nbase: main\n";
/** A plan whose first task is in line 7. */
const tasks = (...lines: string[]): string =>
  `${head}workstreams:\n  - id: w\n    tasks:\n${lines.map((line) => `      - ${line}\n`).join("")}`;
const good = "{ id: t, run: 'true' }";
const longId = "x".repeat(10_000);

/** What is wrong, its text, and what is said of it: code, place, message, the way out. */
const mistakes: readonly (readonly [string, string, string, string, RegExp, RegExp])[] = [
  ["is not YAML", `${tasks(good)}  - ]\n`, "PLAN_SYNTAX", "8:5", /not YAML/, /brackets/],
  [
    "is of another version",
    tasks(good).replace("pawl: 1", "pawl: 2"),
    "PLAN_VERSION",
    "1:7",
    /version 2 .* reads version 1/,
    /`pawl: 1`/,
  ],
  ["lacks a key", tasks(good).replace("name: p\n", ""), "PLAN_KEY_MISSING", "1:1", /key name is missing/, /Add `name`/],
  [
    "has an unknown key",
    tasks("{ id: t, run: 'true', timout: 5s }"),
    "PLAN_KEY_UNKNOWN",
    "7:31",
    /unknown key .*timout/,
    /timeout/,
  ],
  ["has a value of the wrong type", tasks("{ id: t, run: {} }"), "PLAN_WRONG_TYPE", "7:23", /run.* must be .*not/, /./],
  [
    "has a duration without a unit",
    tasks("{ id: t, run: 'true', timeout: 5 }"),
    "DURATION_INVALID",
    "7:40",
    /5 is not a duration/,
    /5s|unit|20m/,
  ],
  ["gives an id twice", tasks(good, good), "PLAN_DUPLICATE_ID", "8:15", /t.* already given in line 7/, /another id/],
  [
    "has a task that depends on itself",
    tasks("{ id: t, run: 'true', depends_on: [t] }"),
    "PLAN_DEPENDS_ON_ITSELF",
    "7:44",
    /depends on itself/,
    /Remove/,
  ],
  [
    "has a circle of tasks",
    tasks(
      "{ id: a, run: 'true', depends_on: [c] }",
      "{ id: b, run: 'true', depends_on: [a] }",
      "{ id: c, run: 'true', depends_on: [b] }",
    ),
    "PLAN_CIRCULAR",
    "7:",
    /in a circle: a → c → b → a|in a circle: a → b → c → a/,
    /Remove one/,
  ],
  [
    "has a dependency on nothing",
    tasks("{ id: taste, run: 'true' }", "{ id: t, run: 'true', depends_on: [tast] }"),
    "PLAN_DEPENDENCY_UNKNOWN",
    "8:44",
    /no task or gate|there is no/,
    /taste/,
  ],
  [
    "names an unknown gate",
    `${head}workstreams:\n  - id: w\n    verify: [unit]\n    tasks:\n      - ${good}\n`,
    "PLAN_GATE_UNKNOWN",
    "6:14",
    /no gate .*unit/,
    /Declare it under `gates`/,
  ],
  [
    "names an unknown tool",
    tasks("{ id: t, agent: aider, prompt: x }"),
    "PLAN_TOOL_UNKNOWN",
    "7:25",
    /no tool .*aider/,
    /Declare it under `tools`/,
  ],
  [
    "names a patch that is missing",
    tasks("{ id: t, patch: gone.patch }"),
    "PLAN_ATTACHMENT_MISSING",
    "7:25",
    /no file .*gone\.patch/,
    /Check the path/,
  ],
  [
    "names a patch that is empty",
    tasks("{ id: t, patch: empty.patch }"),
    "PLAN_ATTACHMENT_EMPTY",
    "7:25",
    /empty\.patch.* is empty/,
    /remove the task/,
  ],
  [
    "names a patch that is none",
    tasks("{ id: t, patch: a.txt }"),
    "PLAN_PATCH_NOT_A_PATCH",
    "7:25",
    /a\.txt.* is not a patch/,
    /git diff/,
  ],
  [
    "has an id with a /",
    tasks("{ id: a/b, run: 'true' }"),
    "PLAN_BAD_ID",
    "7:15",
    /a\/b.* cannot be an id/,
    /Ids name branches/,
  ],
  [
    "has an id with ..",
    tasks("{ id: a..b, run: 'true' }"),
    "PLAN_BAD_ID",
    "7:15",
    /a\.\.b.* cannot be an id/,
    /Ids name branches/,
  ],
  [
    "has an id with a space",
    tasks("{ id: a b, run: 'true' }"),
    "PLAN_BAD_ID",
    "7:15",
    /a b.* cannot be an id/,
    /Ids name branches/,
  ],
  [
    "has an id of 10,000 characters",
    tasks(`{ id: ${longId}, run: 'true' }`),
    "PLAN_BAD_ID",
    "7:15",
    /x….* cannot be an id, it .*64|10000|10,000/,
    /64 at most/,
  ],
  ["is empty", "", "PLAN_EMPTY", "", /is empty/, /Begin with/],
];

describe("a plan is refused, and nothing is made, when it", () => {
  test.each(mistakes)("%s", async (_, plan, code, at, message, fix) => {
    const place = placeWith(plan);
    place.write("empty.patch", "");
    const { status, stdout, stderr } = await place.look("run", "plan.yaml");
    expect([status, stdout]).toEqual([65, ""]);
    const [said = "", way = ""] = stderr.split("\n");
    expect(said).toContain(`[${code}]`);
    expect(said).toContain(`plan.yaml${at === "" ? "" : `:${at}`}`);
    expect(said).toMatch(message);
    expect(way).toMatch(fix);
    expect(stderr.length).toBeLessThan(2_000);
    expect([existsSync(join(place.folder, ".state")), place.git("branch", "--list", "pawl*")]).toEqual([false, ""]);
  });

  test("has 50 MB, within a second or two", async () => {
    const place = placeWith(tasks(good));
    ftruncateSync(openSync(join(place.folder, "plan.yaml"), "r+"), 50_000_000);
    const startedAt = performance.now();
    const { status, stderr } = await place.look("run", "plan.yaml");
    expect([status, stderr]).toEqual([
      65,
      expect.stringMatching(
        /has 50000000 bytes, and at most 4194304 bytes are read \[PLAN_TOO_LARGE\]\n {2}Move long prompts/,
      ),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test("is not there", () => {
    expect(placeWith("").pawl("run", "gone.yaml")).toMatchObject({
      status: 65,
      stderr: expect.stringMatching(/there is no plan file .*gone\.yaml.* \[PLAN_FILE_NOT_FOUND\]\n {2}Check the path/),
    });
  });

  test("has several mistakes, each of which is told", async () => {
    const place = placeWith(tasks("{ id: 'a b', runn: x }", "{ id: c, run: 'true', depends_on: [d] }"));
    const { status, stderr } = await place.look("run", "plan.yaml");
    expect(status).toBe(65);
    expect([...stderr.matchAll(/\[(PLAN_\w+)\]/g)].map(([, code]) => code).sort()).toEqual([
      "PLAN_BAD_ID",
      "PLAN_DEPENDENCY_UNKNOWN",
      "PLAN_KEY_UNKNOWN",
      "PLAN_TASK_KIND",
    ]);
    expect(stderr).toMatch(/\n4 problems\.\n$/);
    // The same from the command that only looks, and as JSON.
    expect(await place.look("validate", "plan.yaml")).toEqual({ status, stdout: "", stderr });
    const { error } = JSON.parse((await place.look("run", "plan.yaml", "--json")).stderr) as {
      error: { code: string };
    };
    expect([error.code, JSON.stringify(error)]).toEqual(["PLAN_INVALID", expect.stringContaining("PLAN_TASK_KIND")]);
  });
});
