import type { Clock } from "../../base/time.ts";
import { familyOf, type Processes, type ProcessInfo } from "./process-info.ts";
import { systemProcesses } from "./processes.ts";
import { type RunningCommand, RunningCommands } from "./running-commands.ts";
import { signalAll, stopProcesses } from "./stop.ts";

/** A start that was timed by the clock and one that `ps` tells may differ by rounding and by the time of the spawn. */
const sameStartMs = 2000;

/** A process that a killed Pawl left, and that was stopped. */
export interface StoppedLeftover {
  readonly pid: number;
  /** The marker of its effect (see {@link effectMarker}); null for a child that hides its own. */
  readonly marker: string | null;
}

export interface StopLeftoversOptions {
  /** From TERM to KILL. 5 s without it. */
  readonly graceMs?: number | undefined;
  readonly clock: Clock;
  /** For tests; without it those of this machine. */
  readonly processes?: Processes | undefined;
}

/**
 * Stops what a killed Pawl left running for this store, and resolves when it is gone. To be called by the process that
 * holds the store (I8), before it starts a command. A process is stopped only if the register knows its pid and its
 * start, or it carries a marker of the store, or it descends from such a one: a pid that was used again is left alone.
 * @param store what {@link effectMarker} was given
 */
export async function stopLeftovers(
  stateDirectory: string,
  store: string,
  { graceMs = 5000, clock, processes = systemProcesses }: StopLeftoversOptions,
): Promise<readonly StoppedLeftover[]> {
  const register = new RunningCommands(stateDirectory, clock, processes);
  const remembered = register.all();
  const markers = new Map<number, string | null>();
  const find = (): readonly ProcessInfo[] =>
    leftOf(store, remembered, processes).map(({ info, marker }) => {
      markers.set(info.pid, marker);
      return info;
    });
  const stopped = await stopProcesses(find, { graceMs, clock, processes });
  for (const { pid } of remembered) {
    register.remove(pid);
  }
  return [...stopped.keys()].map((pid) => ({ pid, marker: markers.get(pid) ?? null }));
}

/**
 * Kills at once what {@link stopLeftovers} would stop, and waits for nothing: for a process that is about to end. The
 * register keeps its entries for the next one.
 */
export function killLeftovers(
  stateDirectory: string,
  store: string,
  { clock, processes = systemProcesses }: Pick<StopLeftoversOptions, "clock" | "processes">,
): void {
  const remembered = new RunningCommands(stateDirectory, clock, processes).all();
  signalAll(
    leftOf(store, remembered, processes).map(({ info }) => info),
    "SIGKILL",
  );
}

interface Left {
  readonly info: ProcessInfo;
  readonly marker: string | null;
}

/** What of this store runs in this moment. */
function leftOf(store: string, remembered: readonly RunningCommand[], processes: Processes): Left[] {
  const byPid = new Map(remembered.map((command) => [command.pid, command]));
  const all = processes.all();
  const marked = new Map<number, string>();
  // A session is ours if its leader is known by its start, or if it has the known pid and a member that is marked.
  const sessions = new Set<number>();
  for (const info of all) {
    const marker = processes.markerOf(info.pid);
    if (marker?.startsWith(`${store}/`) === true) {
      marked.set(info.pid, marker);
      if (byPid.has(info.session)) {
        sessions.add(info.session);
      }
    }
    if (isRemembered(byPid.get(info.pid), info, processes.boot)) {
      sessions.add(info.pid);
    }
  }
  const family = familyOf(all, ({ pid, session }) => marked.has(pid) || sessions.has(session));
  return family.map((info) => ({ info, marker: marked.get(info.pid) ?? byPid.get(info.session)?.marker ?? null }));
}

function isRemembered(command: RunningCommand | undefined, info: ProcessInfo, boot: string): boolean {
  if (command === undefined || command.boot !== boot) {
    return false;
  }
  return command.start === null
    ? Math.abs(info.start - command.startedAtMs) <= sameStartMs
    : info.start === command.start;
}
