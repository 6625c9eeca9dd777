import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../../src/base/secrets.ts";
import { commandSucceeded, explainCommand, runCommand } from "../../../src/pipeline/command/index.ts";
import { commandSpec, temporaryFolder } from "./setting.fixture.ts";

describe("a command that succeeds", () => {
  test("ends with exit code 0 and makes no file if it prints nothing", async () => {
    const spec = commandSpec(["true"]);
    const result = await runCommand(spec);
    expect(result).toMatchObject({ exitCode: 0, signal: null, timedOut: false, aborted: false, leftBehind: 0 });
    expect(result.stdout).toEqual({ totalBytes: 0, leftOutBytes: 0, file: null, tail: "", writeError: null });
    expect(commandSucceeded(result, spec)).toBe(true);
    expect(existsSync(join(spec.cwd, "logs"))).toBe(false);
  });

  test("is run by sh if it is a string, as it is if it is a list", async () => {
    const text = await runCommand(commandSpec("echo $((40 + 2)) *", { cwd: temporaryFolder() }));
    const list = await runCommand(commandSpec(["echo", "$((40 + 2))", "*", "a b"]));
    expect(text.stdout.tail).toBe("42 *\n");
    expect(list.stdout.tail).toBe("$((40 + 2)) * a b\n");
  });

  test("has an empty standard input", async () => {
    expect((await runCommand(commandSpec(["cat"]))).stdout.totalBytes).toBe(0);
  });

  test("runs in the given folder", async () => {
    const spec = commandSpec("pwd -P");
    expect((await runCommand(spec)).stdout.tail).toContain(spec.cwd.split("/").at(-1));
  });

  test("may be expected to end with another exit code", async () => {
    const spec = commandSpec("exit 3", { expectedExitCode: 3 });
    const result = await runCommand(spec);
    expect(result.exitCode).toBe(3);
    expect(commandSucceeded(result, spec)).toBe(true);
    expect(commandSucceeded(await runCommand(commandSpec(["true"])), spec)).toBe(false);
  });
});

describe("a command that is not found", () => {
  test("has the exit code 127 as a list", async () => {
    const spec = commandSpec(["no-such-program-here", "--flag"]);
    const result = await runCommand(spec);
    expect(result).toMatchObject({ exitCode: 127, startError: "not_found", startDetail: "ENOENT" });
    const error = explainCommand(result, spec);
    expect(error.code).toBe("COMMAND_NOT_FOUND");
    expect(error.fix).toContain("A relative path begins at the top of the worktree, in which only committed files are");
    expect(error.message).toBe('task t: command not found: ["no-such-program-here","--flag"] (ENOENT)');
    expect(commandSucceeded(result, { expectedExitCode: 127 })).toBe(false);
  });

  test("has the exit code 127 of the shell as a string", async () => {
    const spec = commandSpec("no-such-program-here --flag");
    const result = await runCommand(spec);
    expect(result).toMatchObject({ exitCode: 127, startError: null });
    const error = explainCommand(result, spec);
    expect(error.code).toBe("COMMAND_NOT_FOUND");
    expect(error.message).toMatch(/no-such-program-here --flag \(.*not found\)$/);
  });
});

describe("a command that cannot be executed", () => {
  test("has the exit code 126, as a list and as a string", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "script.sh"), "echo hi\n");
    chmodSync(join(cwd, "script.sh"), 0o644);
    for (const [command, startError] of [
      [["./script.sh"], "not_executable"],
      ["./script.sh", null],
    ] as const) {
      const spec = commandSpec(command, { cwd });
      const result = await runCommand(spec);
      expect(result).toMatchObject({ exitCode: 126, startError });
      expect(explainCommand(result, spec).code).toBe("COMMAND_NOT_EXECUTABLE");
      expect(explainCommand(result, spec).fix).toContain("chmod +x");
    }
  });

  test("is told apart from a folder that is missing or a file", async () => {
    const parent = temporaryFolder();
    writeFileSync(join(parent, "file"), "");
    for (const [name, detail] of [
      ["missing", "it does not exist"],
      ["file", "it is no folder"],
    ] as const) {
      const spec = { ...commandSpec(["true"]), cwd: join(parent, name) };
      const result = await runCommand(spec);
      expect(result).toMatchObject({ exitCode: null, startError: "bad_cwd", startDetail: detail });
      expect(explainCommand(result, spec).message).toBe(`task t: ["true"] cannot start in ${spec.cwd}: ${detail}`);
    }
  });

  test.each([
    ["an empty list", []],
    ["an empty name", [""]],
    ["a NUL in an argument", ["echo", "a\0b"]],
    ["more arguments than the system takes", ["echo", "x".repeat(4_000_000)]],
  ])("%s is a result, not a crash", async (_, command) => {
    const spec = commandSpec(command);
    const result = await runCommand(spec);
    expect(result).toMatchObject({ exitCode: null, startError: "not_started", leftBehind: 0 });
    const error = explainCommand(result, spec);
    expect(error.code).toBe("COMMAND_NOT_STARTED");
    expect(error.message.length).toBeLessThan(1000);
  });
});

describe("a command that fails", () => {
  test("is explained by its exit code and what it said last", async () => {
    const spec = commandSpec("echo working; echo 'first' >&2; echo 'no such table: users' >&2; exit 7");
    const result = await runCommand(spec);
    const error = explainCommand(result, spec);
    expect(result).toMatchObject({ exitCode: 7, signal: null });
    expect(error.code).toBe("COMMAND_FAILED");
    expect(error.message).toMatch(/ended with exit code 7, not 0: no such table: users$/);
    expect(error.fix).toBe(`Read its output (${spec.stderrFile}), mend what it reports, then try again.`);
  });

  test("is explained in one line, however many the command has", async () => {
    const spec = commandSpec("  true\n  exit 3\n");
    expect(explainCommand(await runCommand(spec), spec).message).toContain(
      "task t: true; exit 3 ended with exit code 3",
    );
  });

  test("is explained by the error that a Node program did not catch, not by the version below", async () => {
    const program =
      "console.error('Error: of before'); throw Object.assign(new TypeError('no\\nclient'), { code: 'E' })";
    const spec = commandSpec([process.execPath, "-e", program]);
    const result = await runCommand(spec);
    expect(result.stderr.tail).toMatch(/\nNode\.js v\S+\n$/);
    expect(explainCommand(result, spec).message).toMatch(/ ended with exit code 1, not 0: TypeError: no$/);
  });

  test("is explained by its signal if one killed it", async () => {
    const spec = commandSpec("echo so far so good; kill -SEGV $$");
    const result = await runCommand(spec);
    expect(result).toMatchObject({ exitCode: null, signal: "SIGSEGV", timedOut: false, aborted: false });
    const error = explainCommand(result, spec);
    expect(error.code).toBe("COMMAND_KILLED");
    expect(error.message).toMatch(/was killed by SIGSEGV after [\d.]+ s: so far so good$/);
  });

  test("is explained without the secrets in its text and its output", async () => {
    const secrets = createRedactor(new Map([["TOKEN", "s3cr3t-value"]]));
    const spec = commandSpec("echo bad token s3cr3t-value >&2; exit 1", { secrets });
    const { message } = explainCommand(await runCommand(spec), spec);
    expect(message).not.toContain("s3cr3t-value");
    expect(message).toMatch(/not 0: bad token \[secret TOKEN\]$/);
  });
});
