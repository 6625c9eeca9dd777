import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../../src/base/time.ts";
import { type CommandResult, type CommandSpec, effectMarker, runCommand } from "../../../src/pipeline/command/index.ts";
import { appears, seenIn } from "../../waiting.fixture.ts";

let effects = 0;

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pawl-command-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A command in a folder of its own, with logs there. */
export function commandSpec(
  command: CommandSpec["command"],
  rest: Partial<CommandSpec> = {},
): CommandSpec & { readonly stdoutFile: string; readonly stderrFile: string } {
  const cwd = rest.cwd ?? temporaryFolder();
  effects += 1;
  return {
    label: "task t",
    command,
    cwd,
    env: {},
    marker: effectMarker(`store-${process.pid}`, `effect-${effects}`),
    graceMs: 5000,
    clock: systemClock,
    ...rest,
    stdoutFile: join(cwd, "logs", "out.log"),
    stderrFile: join(cwd, "logs", "err.log"),
  };
}

/** Runs a command with a limit of an hour, and turns the clock to it once the command wrote its pid to `child`. */
export async function runOutOfTime(command: CommandSpec["command"], graceMs: number): Promise<OutOfTime> {
  const limits: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    setTimeout: (run, delayMs) => (delayMs > 3_000_000 ? limits.push(run) : systemClock.setTimeout(run, delayMs)),
    clearTimeout: (handle) => (typeof handle === "number" ? undefined : systemClock.clearTimeout(handle)),
  };
  const spec = commandSpec(command, { clock, timeoutMs: 3_600_000, graceMs });
  const running = runCommand(spec);
  const child = await pidIn(join(spec.cwd, "child"));
  limits[0]?.();
  return { result: await running, spec, child };
}

export interface OutOfTime {
  readonly result: CommandResult;
  readonly spec: CommandSpec;
  readonly child: number;
}

/** The number that a command writes to a file, as soon as the file holds a whole line. */
export async function pidIn(file: string): Promise<number> {
  await appears(file);
  return seenIn(dirname(file), () => {
    const text = readFileSync(file, "utf8");
    return text.endsWith("\n") && Number(text);
  });
}

/** Resolves when a process has opened a named pipe for writing; `released` when no process has it open any more. */
export async function held(pipe: string): Promise<{ readonly released: Promise<unknown> }> {
  const stream = createReadStream(pipe).resume();
  const released = once(stream, "end");
  await once(stream, "open");
  return { released };
}

/** True while a process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}
