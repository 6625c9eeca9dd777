import { PassThrough, Writable } from "node:stream";
import { systemIds } from "../../src/base/ids.ts";
import { systemClock } from "../../src/base/time.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { runCli } from "../../src/cli/program.ts";

export interface Surroundings {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A terminal of this size; else stdout is none. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

/** Runs the command line in this process, and gathers what it prints. On a terminal both streams are one. */
export async function inThisProcess(
  { cwd, env = process.env, terminal }: Surroundings,
  ...args: string[]
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  const printed = { stdout: "", stderr: "" };
  const into = (name: keyof typeof printed): Writable =>
    new Writable({
      write: (chunk: Buffer, _, done) => {
        printed[name] += chunk.toString();
        done();
      },
    });
  const stdout = Object.assign(into("stdout"), terminal === undefined ? {} : { isTTY: true, ...terminal });
  const context: CliContext = {
    cwd,
    env,
    stdin: new PassThrough(),
    stdout,
    stderr: terminal === undefined ? into("stderr") : stdout,
    clock: systemClock,
    ids: systemIds(),
    onInterrupt: () => () => undefined,
    exit: () => {
      throw new Error("exit");
    },
    goesOnWithoutStdout: false,
    exitStatus: 0,
  };
  await runCli(args, context);
  return { status: context.exitStatus, ...printed };
}
