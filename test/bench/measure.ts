import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const perSecond = (count: number, ms: number): number => (count / ms) * 1_000;

/** Runs a measurement in a folder of its own that is gone afterwards. */
export async function inFolder<T>(run: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "pawl-bench-"));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What one measurement left behind is not to be collected on the time of the next. Needs --expose-gc. */
export function collect(): void {
  globalThis.gc?.();
  globalThis.gc?.();
}

/** Heap in use after a full collection, in bytes. Needs --expose-gc. */
export function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

export async function repeat<T>(times: number, run: () => Promise<T> | T): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i += 1) {
    results.push(await run());
  }
  return results;
}
