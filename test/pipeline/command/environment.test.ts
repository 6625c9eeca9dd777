import { describe, expect, test } from "vitest";
import { inheritedEnvironment, runCommand } from "../../../src/pipeline/command/index.ts";
import { commandSpec } from "./setting.fixture.ts";

describe("the environment of a command", () => {
  test("is what it inherits, what it is given and its marker", async () => {
    const inherited = { PATH: process.env["PATH"] ?? "", ONE: "inherited", TWO: "inherited" };
    const spec = commandSpec(["env"], { inherited, env: { TWO: "given", PAWL_TASK: "bump" } });
    const lines = (await runCommand(spec)).stdout.tail.trim().split("\n").sort();
    expect(lines).toEqual(
      [`PATH=${inherited.PATH}`, "ONE=inherited", "TWO=given", "PAWL_TASK=bump", `PAWL_EFFECT=${spec.marker}`].sort(),
    );
  });

  test("inherits neither Pawl's own variables nor those that lead git to the user's repository", () => {
    const base = { PATH: "/bin", PAWL_CRASH_AT: "commit", PAWL_EFFECT: "x", GIT_DIR: "/r", GIT_INDEX_FILE: "i" };
    expect(inheritedEnvironment({ ...base, GIT_AUTHOR_NAME: "a", GONE: undefined })).toEqual({
      PATH: "/bin",
      GIT_AUTHOR_NAME: "a",
    });
  });

  test("is by default that of this process", async () => {
    const { stdout } = await runCommand(commandSpec('printf %s "$PATH"'));
    expect(stdout.tail).toBe((process.env["PATH"] ?? "").slice(-4096));
  });

  test("never interprets a value as a part of the command", async () => {
    const { stdout } = await runCommand(commandSpec('echo "$PAWL_X"', { env: { PAWL_X: '"; echo injected; $(id)' } }));
    expect(stdout.tail).toBe('"; echo injected; $(id)\n');
  });
});
