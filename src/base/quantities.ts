import { PawlError } from "./errors/index.ts";

const msOfUnit = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

const bytesOfUnit = {
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
} as const;

/** What a duration looks like, for readers and for a JSON Schema: whole numbers with units, the largest unit first. */
export const durationPattern = "^(?=\\d)(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?$";

/** What a size looks like, for readers and for a JSON Schema. */
export const sizePattern = "^\\d+(B|kB|MB|GB|KiB|MiB|GiB)$";

// No exact number of milliseconds or bytes needs more; a value of 10,000 digits is not even looked at.
const longestQuantity = 80;

/**
 * Milliseconds of a duration such as `500ms`, `2s`, `20m` or `1h30m`.
 * @throws PawlError DURATION_INVALID for any other form, and beyond what a number holds exactly.
 */
export function parseDuration(text: string): number {
  const parts = text.length <= longestQuantity ? new RegExp(durationPattern).exec(text) : null;
  const ms = parts === null ? Number.NaN : sumOfParts(parts);
  if (!Number.isSafeInteger(ms)) {
    throw new PawlError("DURATION_INVALID", { value: JSON.stringify(text) });
  }
  return ms;
}

function sumOfParts(parts: RegExpExecArray): number {
  const units = Object.values(msOfUnit);
  return units.reduce((sum, ms, index) => sum + ms * Number.parseInt(parts[index + 1] ?? "0", 10), 0);
}

/**
 * Bytes of a size such as `200kB` (1000), `64KiB` (1024) or `1MB`.
 * @throws PawlError SIZE_INVALID for any other form, and beyond what a number holds exactly.
 */
export function parseSize(text: string): number {
  const unit = text.length <= longestQuantity ? new RegExp(sizePattern).exec(text)?.[1] : undefined;
  const bytes =
    unit === undefined ? Number.NaN : Number.parseInt(text, 10) * (bytesOfUnit as Record<string, number>)[unit]!;
  if (!Number.isSafeInteger(bytes)) {
    throw new PawlError("SIZE_INVALID", { value: JSON.stringify(text) });
  }
  return bytes;
}
