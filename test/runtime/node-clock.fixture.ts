import { type SimulatedClock, simulatedClock } from "../../src/testing/simulated-clock.ts";

/** Its timers are as those of Node: one of more than 2^31 - 1 ms fires after a millisecond. */
export function clockAsNodeHasIt(startMs = 0): SimulatedClock {
  const clock = simulatedClock(startMs);
  return { ...clock, setTimeout: (run, ms) => clock.setTimeout(run, ms > 2 ** 31 - 1 ? 1 : ms) };
}
