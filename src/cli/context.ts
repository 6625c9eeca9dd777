import type { Readable, Writable } from "node:stream";
import type { Clock } from "../base/time.ts";

/** What a command of the command line works with; a test gives another one. */
export interface CliContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable;
  readonly clock: Clock;
  /** Exit status of the process; a command sets it, 0 when none does. See README, "Exit status". */
  exitStatus: number;
}

/** Prints one line. */
export function print(context: CliContext, line: string): void {
  context.stdout.write(`${line}\n`);
}

/** Prints one JSON object in one line. */
export function printJson(context: CliContext, value: unknown): void {
  context.stdout.write(`${JSON.stringify(value)}\n`);
}
