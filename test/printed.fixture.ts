/** What other processes print. */
import type { ChildProcess } from "node:child_process";
import { on, once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

export interface Printed {
  /** `null` of a process that a signal ended. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** All that a process prints, once it has ended and nobody holds its pipes any more. */
export async function printedBy(child: ChildProcess): Promise<Printed> {
  const [[status], stdout, stderr] = await Promise.all([
    once(child, "close"),
    text(child.stdout as Readable),
    text(child.stderr as Readable),
  ]);
  return { status, stdout, stderr };
}

/**
 * Resolves once a process has printed this, from now on.
 * @throws {Error} when it has ended and did not
 */
export async function says({ stdout }: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  const decoder = new TextDecoder();
  let printed = "";
  for await (const [chunk] of on(stdout as Readable, "data", { close: ["end"] })) {
    printed += decoder.decode(chunk, { stream: true });
    const found = pattern.exec(printed);
    if (found !== null) {
      return found;
    }
  }
  throw new Error(`it ended and never printed ${pattern}: ${printed}`);
}
