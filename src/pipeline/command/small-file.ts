import { closeSync, openSync, readSync } from "node:fs";

const scratch = Buffer.allocUnsafe(4096);

/**
 * The first 4 kB of a file of `/proc`; undefined if it cannot be read. A third of the time of readFileSync, which counts
 * when it is read for every command.
 */
export function readSmallFile(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    return scratch.toString("latin1", 0, readSync(file, scratch, 0, scratch.length, 0));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}
