/** What other processes print. */
import type { ChildProcess } from "node:child_process";
import { on, once } from "node:events";
import type { Readable } from "node:stream";

export interface Printed {
  /** `null` of a process that a signal ended. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** All that a process prints, once it has ended and nobody holds its pipes any more; until its reader goes away. */
export async function printedBy(child: ChildProcess): Promise<Printed> {
  const [stdout, stderr] = [gathered(child.stdout as Readable), gathered(child.stderr as Readable)];
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout: stdout(), stderr: stderr() };
}

function gathered(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
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
