import type { Clock } from "./time.ts";

/** What a timer of Node can wait at most: a longer one would fire at once. */
const longestMs = 2 ** 31 - 1;

/** Calls `run` after any number of milliseconds. Gives what cancels it. */
export function startTimer(clock: Clock, delayMs: number, run: () => void): () => void {
  const dueAt = clock.monotonic() + delayMs;
  const wait = (): unknown => {
    const restMs = dueAt - clock.monotonic();
    return restMs <= longestMs
      ? clock.setTimeout(run, Math.max(0, restMs))
      : clock.setTimeout(() => {
          handle = wait();
        }, longestMs);
  };
  let handle = wait();
  return () => clock.clearTimeout(handle);
}
