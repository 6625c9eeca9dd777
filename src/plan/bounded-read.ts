import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";

/** Why a file was not read, where the reason is not an error of the system. */
export class Refusal {
  readonly reason: "a folder" | "no regular file" | "too large";
  readonly bytes: number;

  constructor(reason: Refusal["reason"], bytes: number) {
    this.reason = reason;
    this.bytes = bytes;
  }
}

/**
 * The bytes of a regular file of at most `maxBytes`. Never blocks on a pipe or device, and never holds more than
 * the limit, even when the file grows while it is read. Errors of the system (ENOENT, EACCES, …) are thrown as they are.
 */
export async function readBounded(file: string, maxBytes: number): Promise<Buffer | Refusal> {
  const found = await stat(file);
  if (!found.isFile()) {
    return new Refusal(found.isDirectory() ? "a folder" : "no regular file", found.size);
  }
  if (found.size > maxBytes) {
    return new Refusal("too large", found.size);
  }
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false, end: maxBytes })) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    return bytes > maxBytes ? new Refusal("too large", bytes) : Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
}

/** `ENOENT` and the like, of an error that a file operation threw. */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
