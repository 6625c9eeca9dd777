import { describe, expect, test } from "vitest";
import { inheritedEnvironment } from "../../../src/pipeline/command/environment.ts";
import { runCommand } from "../../../src/pipeline/command/index.ts";
import { commandSpec } from "./setting.fixture.ts";

describe("the environment of a command", () => {
  test("is what it inherits, what it is given over that, and its marker", async () => {
    const spec = commandSpec('printf "%s\\n" "$PATH" "$HOME" "$PAWL_TASK" "$PAWL_EFFECT"', {
      env: { HOME: "/given", PAWL_TASK: "bump" },
    });
    const lines = (await runCommand(spec)).stdout.tail.trim().split("\n");
    expect(lines).toEqual([process.env["PATH"], "/given", "bump", spec.marker]);
  });

  test("inherits neither Pawl's own variables nor those that lead git to the user's repository", () => {
    const base = { PATH: "/bin", PAWL_CRASH_AT: "commit", PAWL_EFFECT: "x", GIT_DIR: "/r", GIT_INDEX_FILE: "i" };
    expect(inheritedEnvironment({ ...base, GIT_AUTHOR_NAME: "a", GONE: undefined })).toEqual({
      PATH: "/bin",
      GIT_AUTHOR_NAME: "a",
    });
  });

  test("never interprets a value as a part of the command", async () => {
    const { stdout } = await runCommand(commandSpec('echo "$PAWL_X"', { env: { PAWL_X: '"; echo injected; $(id)' } }));
    expect(stdout.tail).toBe('"; echo injected; $(id)\n');
  });
});
