import type { Readable, Writable } from "node:stream";
import { harmlessJson } from "../base/control-characters.ts";
import type { Ids } from "../base/ids.ts";
import type { Clock } from "../base/time.ts";

/** What a command of the command line works with; a test gives another one. */
export interface CliContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Tells of each Ctrl-C, and of a request to end (SIGTERM). Returns what ends that. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(status: number): never;
  /** Set by a command that works on a run: when stdout cannot be written any more, it goes on to its end all the same. */
  goesOnWithoutStdout: boolean;
  /** Exit status of the process; a command sets it, 0 when none does. See README, "Exit status". */
  exitStatus: number;
}

/** Exit status of what Ctrl-C ended. */
export const interrupted = 130;

/** Prints one line. */
export function print(context: CliContext, line: string): void {
  context.stdout.write(`${line}\n`);
}

export function printLines(context: CliContext, lines: readonly string[]): void {
  for (const line of lines) {
    print(context, line);
  }
}

/** Prints one JSON object in one line. */
export function printJson(context: CliContext, value: unknown): void {
  context.stdout.write(`${harmlessJson(value)}\n`);
}
