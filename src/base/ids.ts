import { randomFillSync } from "node:crypto";
import { incrementBase32, ulid } from "ulid";

/** Makes ids that sort by time. Injected, so that a run can be repeated (I9). */
export interface Ids {
  /** A ULID: 26 characters, sortable by the time it was made. */
  next(nowMs: number): string;
}

/** ULIDs that also sort within one millisecond. */
export function systemIds(): Ids {
  const random = buffered();
  // ulid takes 0 for "now".
  let lastMs = 0;
  let last = "";
  return {
    next: (nowMs) => {
      if (nowMs > lastMs) {
        lastMs = nowMs;
        last = ulid(nowMs, random);
      } else {
        // Thousands of them are made in one millisecond, whose text is the same.
        last = incrementBase32(last === "" ? ulid(1, random) : last);
      }
      return last;
    },
  };
}

/** A number from 0 to below 1, from bytes drawn in bulk: one draw for each character of a ULID costs ten times more. */
function buffered(): () => number {
  const bytes = Buffer.alloc(4096);
  let used = bytes.length;
  return () => {
    if (used === bytes.length) {
      randomFillSync(bytes);
      used = 0;
    }
    const byte = bytes[used] ?? 0;
    used += 1;
    return byte / 256;
  };
}
