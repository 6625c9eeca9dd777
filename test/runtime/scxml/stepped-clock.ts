import { type SimulatedClock, simulatedClock } from "../../../src/testing/simulated-clock.ts";

/** A simulated clock that can stop at each moment at which something falls due. */
export interface SteppedClock extends SimulatedClock {
  /** Milliseconds until the next timer; undefined when none is armed. */
  untilNext(): number | undefined;
}

export function steppedClock(): SteppedClock {
  const clock = simulatedClock();
  const due = new Map<unknown, number>();
  return {
    ...clock,
    setTimeout(run, delayMs) {
      const handle = clock.setTimeout(() => {
        due.delete(handle);
        run();
      }, delayMs);
      due.set(handle, clock.monotonic() + Math.max(0, delayMs));
      return handle;
    },
    clearTimeout(handle) {
      due.delete(handle);
      clock.clearTimeout(handle);
    },
    untilNext: () => (due.size === 0 ? undefined : Math.min(...due.values()) - clock.monotonic()),
  };
}
