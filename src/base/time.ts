/**
 * Everything Pawl knows of time. Injected, so that tests turn it by hand (I9).
 * `now` may jump when somebody sets the clock; `monotonic` never goes back.
 */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Milliseconds since an arbitrary moment; never goes back. */
  monotonic(): number;
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (run, delayMs) => setTimeout(run, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/** A clock that may tell fractions (`performance.timeOrigin + performance.now()`), in the whole milliseconds of ids and stores. */
export const inWholeMs = (clock: Clock): Clock => ({
  now: () => Math.floor(clock.now()),
  monotonic: () => clock.monotonic(),
  setTimeout: (run, delayMs) => clock.setTimeout(run, delayMs),
  clearTimeout: (handle) => clock.clearTimeout(handle),
});

/** ISO 8601 in UTC with milliseconds and `Z`: the only form of a timestamp in a store. */
export function isoTime(ms: number): string {
  // Thousands of events share a millisecond.
  if (ms !== lastMs) {
    lastIso = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastIso;
}

let lastMs = Number.NaN;
let lastIso = "";
