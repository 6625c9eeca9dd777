import type { Clock } from "../base/time.ts";
import { refuseUnlessNumber } from "./options.ts";

/** A clock that a test turns by hand. */
export interface SimulatedClock extends Clock {
  /**
   * Lets `ms` milliseconds pass, for `now` and `monotonic` alike, and fires what falls due on the way: in order of due
   * time, then of arming. A timer armed by one that fires is fired too if it falls due within the same span.
   * @throws PawlError TESTING_OPTION_INVALID unless `ms` is a finite number, 0 or more
   */
  advance(ms: number): void;
  /**
   * Sets the wall clock (`now`) as a person does: no time passes, `monotonic` and the timers stay as they are.
   * @throws PawlError TESTING_OPTION_INVALID unless `ms` is a finite number
   */
  set(ms: number): void;
  /** How many timers are armed. */
  pending(): number;
}

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/**
 * @param startMs what `now()` says at first, in milliseconds since 1970
 * @throws PawlError TESTING_OPTION_INVALID unless it is a finite number
 */
export function simulatedClock(startMs = 0): SimulatedClock {
  refuseUnlessNumber("startMs of simulatedClock", startMs);
  let passedMs = 0;
  let wallOffsetMs = startMs;
  let armed = 0;
  // A Map keeps the order of arming, which decides between timers due at the same moment.
  const timers = new Map<number, Timer>();

  function nextDue(limitMs: number): [number, Timer] | undefined {
    let found: [number, Timer] | undefined;
    for (const entry of timers) {
      if (entry[1].dueMs <= limitMs && (found === undefined || entry[1].dueMs < found[1].dueMs)) {
        found = entry;
      }
    }
    return found;
  }

  return {
    now: () => wallOffsetMs + passedMs,
    monotonic: () => passedMs,
    setTimeout(run, delayMs) {
      armed += 1;
      // A delay that is no number is none, as it is for the system's timers.
      timers.set(armed, { dueMs: passedMs + (delayMs > 0 ? delayMs : 0), run });
      return armed;
    },
    clearTimeout(handle) {
      timers.delete(handle as number);
    },
    advance(ms) {
      refuseUnlessNumber("ms of advance", ms, 0);
      const endMs = passedMs + ms;
      for (let due = nextDue(endMs); due !== undefined; due = nextDue(endMs)) {
        const [id, timer] = due;
        timers.delete(id);
        passedMs = Math.max(passedMs, timer.dueMs);
        timer.run();
      }
      // What fired may have let more time pass.
      passedMs = Math.max(passedMs, endMs);
    },
    set(ms) {
      refuseUnlessNumber("ms of set", ms);
      wallOffsetMs = ms - passedMs;
    },
    pending: () => timers.size,
  };
}
