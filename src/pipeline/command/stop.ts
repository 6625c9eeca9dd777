import type { Clock } from "../../base/time.ts";
import type { Processes, ProcessInfo } from "./process-info.ts";
import { send } from "./signal.ts";

const firstPauseMs = 2;
const longestPauseMs = 50;

export interface StopOptions {
  /** From TERM to KILL. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly processes: Processes;
}

/**
 * Stops all that `find` finds: TERM first, KILL after the grace, again and again until it finds nothing. Resolves to
 * what was stopped. What changed its user cannot be stopped and is not waited for.
 */
export async function stopProcesses(
  find: () => readonly ProcessInfo[],
  { graceMs, clock, processes }: StopOptions,
): Promise<ReadonlyMap<number, ProcessInfo>> {
  const stopped = new Map<number, ProcessInfo>();
  const beyondReach = new Set<number>();
  const killAt = clock.monotonic() + graceMs;
  let pauseMs = firstPauseMs;
  for (;;) {
    const kill = clock.monotonic() >= killAt;
    let known = find().filter(({ pid }) => !beyondReach.has(pid));
    if (known.length === 0) {
      return stopped;
    }
    for (const process of known) {
      stopped.set(process.pid, process);
    }
    for (const pid of signalAll(known, kill ? "SIGKILL" : "SIGTERM")) {
      beyondReach.add(pid);
      stopped.delete(pid);
    }
    known = known.filter(({ pid }) => !beyondReach.has(pid));
    // No event tells of the end of somebody else's child, so this asks, more and more seldom.
    while (known.length > 0 && (kill || clock.monotonic() < killAt)) {
      await pause(clock, kill ? pauseMs : Math.min(pauseMs, killAt - clock.monotonic()));
      pauseMs = Math.min(pauseMs * 1.5, longestPauseMs);
      known = processes.stillAlive(known);
    }
  }
}

/**
 * Signals whole groups where their first process is among the known: a child born in this moment is reached too.
 *
 * @returns the pids of those that this process may not signal
 */
export function signalAll(known: readonly ProcessInfo[], signal: "SIGTERM" | "SIGKILL"): number[] {
  const pids = new Set(known.map(({ pid }) => pid));
  const groups = new Set(known.map(({ group }) => group).filter((group) => pids.has(group)));
  for (const group of groups) {
    send(-group, signal);
  }
  const forbidden: number[] = [];
  for (const { pid, group } of known) {
    // In a group that was signalled as one, this only asks whether the signal could arrive.
    if (send(pid, groups.has(group) ? 0 : signal) === "forbidden") {
      forbidden.push(pid);
    }
    if (signal === "SIGTERM") {
      // A process that was paused would not see the TERM before the KILL.
      send(pid, "SIGCONT");
    }
  }
  return forbidden;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, Math.max(ms, 1)));
}
