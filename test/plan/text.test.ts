import { truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { holdsControls } from "../../src/base/control-characters.ts";
import { PlanErrors, readPlan } from "../../src/plan/index.ts";
import { codesOf, folderWith, makePipe, parse, problemsOf, problemsOfFile, withTop } from "./support.ts";

const sound = withTop();

async function codesOfBytes(content: string | Uint8Array): Promise<string[]> {
  const folder = folderWith({ "plan.yaml": content });
  return (await problemsOfFile(join(folder, "plan.yaml"))).map((error) => `${error.code} ${error.at?.line ?? "-"}`);
}

describe("a plan file", () => {
  test("that does not exist is named", async () => {
    const file = join(folderWith(), "plan.yaml");
    const [error] = await problemsOfFile(file);
    expect(error).toMatchObject({ code: "PLAN_FILE_NOT_FOUND", exitStatus: 65 });
    expect(error?.message).toContain(file);
  });

  test("that is a folder is refused", async () => {
    const [error] = await problemsOfFile(folderWith());
    expect(error?.message).toMatch(/cannot be read: it is a folder$/);
  });

  test("that is a pipe is refused without waiting for a writer", async () => {
    const folder = folderWith();
    makePipe(join(folder, "pipe"));
    const [error] = await problemsOfFile(join(folder, "pipe"));
    expect(error?.message).toMatch(/cannot be read: it is no regular file$/);
  });

  test("whose path no file system can hold is refused", async () => {
    expect(await problemsOfFile("a\0b")).toMatchObject([{ code: "PLAN_FILE_UNREADABLE" }]);
    expect(await problemsOfFile("x".repeat(10_000))).toMatchObject([{ code: "PLAN_FILE_UNREADABLE" }]);
  });

  test("of 50 MB is refused before it is read", async () => {
    const folder = folderWith({ "plan.yaml": sound });
    truncateSync(join(folder, "plan.yaml"), 50_000_000);
    const before = process.memoryUsage().arrayBuffers;
    const [error] = await problemsOfFile(join(folder, "plan.yaml"));
    expect(error?.code).toBe("PLAN_TOO_LARGE");
    expect(error?.message).toContain("the plan has 50000000 bytes, and at most 4194304 bytes are read");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  test("may begin with a byte order mark", async () => {
    const folder = folderWith({ "plan.yaml": `\uFEFF${sound}` });
    expect((await readPlan(join(folder, "plan.yaml"))).name).toBe("test");
  });

  test("has the same columns with a byte order mark as without", async () => {
    expect(await codesOf(`\uFEFF${withTop("base: -x")}`)).toEqual(await codesOf(withTop("base: -x")));
  });

  test("with bytes that are not UTF-8 is refused, with the line", async () => {
    const latin1 = Buffer.from("pawl: 1\nname: test\n# caf\xe9\n", "latin1");
    expect(await codesOfBytes(latin1)).toEqual(["PLAN_NOT_UTF8 3"]);
    expect(await codesOfBytes(Buffer.from(`\uFEFF${sound}`, "utf16le"))).toEqual(["PLAN_NOT_UTF8 1"]);
    expect(await codesOfBytes(Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256))).toEqual([
      "PLAN_NOT_UTF8 1",
    ]);
  });

  test.each([
    ["nothing", ""],
    ["white space", " \n\n  "],
    ["a comment", "# later\n"],
    ["a null", "null\n"],
    ["an empty document", "---\n...\n"],
  ])("that holds only %s is called empty", async (_, content) => {
    expect(await codesOfBytes(content)).toEqual(["PLAN_EMPTY -"]);
  });
});

describe("the text of a plan", () => {
  test.each([
    ["an open bracket", "pawl: 1\nname: [a\n", "PLAN_SYNTAX"],
    ["a wrong indentation", "pawl: 1\n name: x\n", "PLAN_SYNTAX"],
    ["an open quote", 'pawl: 1\nname: "x\n', "PLAN_SYNTAX"],
    ["a tab as indentation", "env:\n\tA: b\n", "PLAN_SYNTAX"],
    ["a list as a key", "? [a]\n: 1\n", "PLAN_SYNTAX"],
    ["a second document", `${sound}---\npawl: 1\n`, "PLAN_SYNTAX"],
    ["a tag that nobody knows", withTop("base: !include base.txt"), "PLAN_SYNTAX"],
    ["an alias of nothing", withTop("base: *main"), "PLAN_ALIAS_UNKNOWN"],
    ["an anchor inside itself", withTop("env: &env { A: *env }"), "PLAN_ALIASES"],
  ])("with %s is refused, with the line", async (_, text, code) => {
    const problems = await problemsOf(text);
    expect(problems[0]).toMatchObject({ code, exitStatus: 65 });
    expect(problems[0]?.at?.line).toBeGreaterThan(0);
  });

  test("that is another kind of file is refused with few errors", async () => {
    const script = '#include <stdio.h>\nint main() { printf("{\\n"); return 0; }\n'.repeat(500);
    const problems = await problemsOf(script);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(10);
  });

  test.each([
    ["a list", "[1, 2]", "a list"],
    ["text", "hello", '"hello"'],
    ["a number", "5", "5"],
  ])("that is %s instead of a map is refused", async (_, text, found) => {
    const [error] = await problemsOf(text);
    expect(error?.message).toBe(`plan.yaml:1:1: the plan must be a map of keys and values, not ${found}`);
  });

  test("with a key given twice is refused at the second, with the line of the first", async () => {
    const problems = await problemsOf(withTop("env: { A: x, B: y,", "  A: z }", "base: main", "base: next"));
    expect(problems.map((error) => error.message)).toEqual([
      "plan.yaml:2:3: the key A was already given in line 1",
      "plan.yaml:4:1: the key base was already given in line 3",
    ]);
  });

  test("with 20,000 keys of which each is given twice has every second one refused", async () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index % 10_000}: x`).join("\n");
    expect(await problemsOf(keys)).toHaveLength(10_000);
  });

  test("cannot change what all objects are", async () => {
    const problems = await codesOf(withTop("env: { __proto__: polluted }"));
    expect(problems).toEqual(["PLAN_KEY_UNKNOWN 1:8"]);
    expect((await parse(withTop("env: { constructor: x, toString: y }"))).env).toEqual({
      constructor: "x",
      toString: "y",
    });
  });

  test("may use an alias for what it repeats", async () => {
    const plan = await parse(withTop("gates:", "  lint: &gate { type: LINT, run: make lint }", "  again: *gate"));
    expect(plan.gates.map((gate) => [gate.id, gate.run])).toEqual([
      ["lint", { kind: "shell", text: "make lint" }],
      ["again", { kind: "shell", text: "make lint" }],
    ]);
  });

  test("with a problem in what an alias stands for is refused at the anchor", async () => {
    const text = withTop("gates:", "  lint: &gate { type: LINT, run: make, timeout: 5 }", "  again: *gate");
    expect(await codesOf(text)).toEqual(["DURATION_INVALID 2:49", "DURATION_INVALID 2:49"]);
  });

  test("with an alias of nothing is refused where it first stands", async () => {
    const text = withTop(
      "gates:",
      "  lint: &gate { type: LINT, run: make }",
      "  again: *gat",
      "env: { ALL: *.ts, AGAIN: *.ts }",
    );
    const problems = await problemsOf(text);
    expect(problems.map(({ code, at }) => [code, at?.line, at?.column])).toEqual([
      ["PLAN_ALIAS_UNKNOWN", 3, 10],
      ["PLAN_ALIAS_UNKNOWN", 4, 13],
    ]);
    expect(problems[1]?.message).toContain('*".ts" refers to an anchor that the plan has nowhere before it');
    expect(problems[1]?.fix).toContain("text that begins with `*` stands in quotes");
  });

  test("whose aliases multiply into millions is refused at once", async () => {
    const levels = "abcdefgh".split("").map((name, index, all) => {
      const below = index === 0 ? "x" : `*${all[index - 1]}`;
      return `${name}: &${name} [${Array.from({ length: 10 }, () => below).join(", ")}]`;
    });
    expect((await problemsOf(levels.join("\n")))[0]?.code).toBe("PLAN_ALIASES");
  });

  test.each([
    ["brackets", "[".repeat(100_000)],
    ["maps", "{a: ".repeat(100_000)],
    ["dashes", "- ".repeat(100_000)],
    ["indentation", Array.from({ length: 500 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  ])("that nests without end by %s is refused before it is composed", async (_, text) => {
    expect((await problemsOf(text)).map((error) => error.code)).toEqual(["PLAN_TOO_DEEP"]);
  });

  test("of more words than a plan can need is refused, although it has few bytes", async () => {
    const problems = await problemsOf(`a: [${"x,".repeat(1_200_000)}]`);
    expect(problems.map((error) => error.code)).toEqual(["PLAN_TOO_LARGE"]);
  });

  test("over the size limit is refused however it comes", async () => {
    expect((await problemsOf("#".repeat(5_000_000))).map((error) => error.code)).toEqual(["PLAN_TOO_LARGE"]);
  });

  test("never takes control characters of a terminal to the screen", async () => {
    const problems = await problemsOf(withTop('"\\e[2Jx": 1', 'base: "\\e]0;owned\\a"', '"\\u202Ey": 1'));
    expect(problems).toHaveLength(3);
    for (const error of problems) {
      const said = error.message + error.fix;
      expect([holdsControls(said), said.includes("\u202e")]).toEqual([false, false]);
    }
  });
});

describe("PlanErrors", () => {
  test("tells how many there are, and the first, and holds all of them in the order of the file", async () => {
    const text = withTop("base: -x", "concurrency: 0", "bases: y");
    const error: unknown = await parse(text).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PlanErrors);
    expect(error).toMatchObject({ code: "PLAN_INVALID", exitStatus: 65 });
    const { message, errors } = error as PlanErrors;
    expect(message).toBe('plan.yaml is no valid plan, 3 problems found: plan.yaml:1:7: base: "-x" is not allowed');
    expect(errors.map((each) => each.at?.line)).toEqual([1, 2, 3]);
    expect(JSON.parse(JSON.stringify(error)).errors).toHaveLength(3);
  });
});
