import { encodeTime, TIME_LEN } from "ulid";
import type { Ids } from "../base/ids.ts";

const length = 26;

/**
 * Ids that are the same in each run of a test: 26 characters, the time as a ULID has it, then a counter.
 * They sort by time and, within one millisecond, in the order they were made.
 */
export function sequentialIds(): Ids {
  let made = 0;
  let latestMs = 0;
  return {
    next(nowMs) {
      // A clock that was set back must not make ids that sort before earlier ones.
      latestMs = Math.max(latestMs, Math.floor(nowMs));
      made += 1;
      return encodeTime(latestMs, TIME_LEN) + String(made).padStart(length - TIME_LEN, "0");
    },
  };
}
