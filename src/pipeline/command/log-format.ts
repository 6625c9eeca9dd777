import { readFile } from "node:fs/promises";
import { screenText } from "./screen-text.ts";

/** An output is kept to its first and its last so many bytes. */
export const keptBytes = 64 * 1024;

/** The line in a log between the kept start and the kept end. */
export function leftOutLine(leftOutBytes: number): Buffer {
  return Buffer.from(`\n[pawl: ${leftOutBytes} bytes left out]\n`);
}

/**
 * A log for a screen. Readable while its command runs; then the end is at most half a second old.
 * @throws the error of the file system if it cannot be read
 */
export async function readLog(file: string): Promise<string> {
  const bytes = await readFile(file);
  const end = bytes.length > 2 * keptBytes ? bytes.indexOf("]\n", keptBytes) + 2 : 0;
  const line = bytes.subarray(keptBytes, end).toString("latin1");
  if (!/^\n\[pawl: \d+ bytes left out\]\n$/.test(line)) {
    return screenText(bytes);
  }
  return screenText(bytes.subarray(0, keptBytes)) + line + screenText(bytes.subarray(end), { cut: true });
}
