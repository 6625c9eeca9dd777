/** The variable by which what a command started is found, wherever it went. */
export const markerVariable = "PAWL_EFFECT";

/** One process that is alive: neither gone nor a zombie that only waits to be collected. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Where the system does not tell it, its group. */
  readonly session: number;
  /**
   * When it started: clock ticks since boot on Linux, milliseconds since 1970 (in whole seconds) elsewhere. With the pid
   * it names one process for good: a pid is used again, at another time.
   */
  readonly start: number;
}

/** What this system tells of its processes. Read at once (`/proc` is no disk), so that an answer is of one moment. */
export interface Processes {
  /** Distinguishes this boot from others: start times of two boots cannot be compared. */
  readonly boot: string;
  /** Whether {@link Processes.markerOf} can know anything here. */
  readonly seesMarkers: boolean;
  all(): ProcessInfo[];
  /** Those of the given processes that are still alive. */
  stillAlive(known: readonly ProcessInfo[]): ProcessInfo[];
  /** When a process that was just started did so; null if finding out costs as much as a command. */
  startOf(pid: number): number | null;
  /** The value of `PAWL_EFFECT` that a process was started with; undefined if it has none or hides its environment. */
  markerOf(pid: number): string | undefined;
  /** A quick look whether anything may be left of a command that has ended. False only if nothing was found. */
  mayHaveLeft(leader: number, marker: string): boolean;
}

/** The chosen processes with all their descendants, but never this process or one it descends from. */
export function familyOf(
  processes: readonly ProcessInfo[],
  chosen: (process: ProcessInfo) => boolean,
): readonly ProcessInfo[] {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const spared = new Set<number>();
  for (let pid: number | undefined = process.pid; pid !== undefined && !spared.has(pid); pid = byPid.get(pid)?.parent) {
    spared.add(pid);
  }
  const found = new Set(processes.filter((process) => !spared.has(process.pid) && chosen(process)));
  if (found.size > 0) {
    for (let before = -1; before < found.size; ) {
      before = found.size;
      for (const process of processes) {
        const parent = byPid.get(process.parent);
        if (parent !== undefined && found.has(parent) && !spared.has(process.pid)) {
          found.add(process);
        }
      }
    }
  }
  return [...found];
}
