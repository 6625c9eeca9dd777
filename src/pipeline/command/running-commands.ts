import { lstatSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../base/time.ts";
import type { Processes } from "./process-info.ts";
import { systemProcesses } from "./processes.ts";

/** What is known of a command while it runs. */
export interface RunningCommand {
  readonly pid: number;
  readonly boot: string;
  /** See ProcessInfo. */
  readonly start: number | null;
  readonly startedAtMs: number;
  readonly marker: string;
}

/**
 * The commands that run now, each a small file `running/<pid>.json` of the state folder, so that what a killed Pawl left
 * is found. Written at once and not flushed: it has to survive the process, not the machine. A spawn takes fifty times
 * as long.
 */
export class RunningCommands {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #processes: Processes;

  constructor(stateDirectory: string, clock: Clock, processes: Processes = systemProcesses) {
    this.#folder = join(stateDirectory, "running");
    this.#clock = clock;
    this.#processes = processes;
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Remembers a command that was just started. Its pid names its process group too. */
  add(command: Pick<RunningCommand, "pid" | "start" | "marker">): void {
    const remembered: RunningCommand = { ...command, boot: this.#processes.boot, startedAtMs: this.#clock.now() };
    writeFileSync(this.#file(command.pid), JSON.stringify(remembered));
  }

  /** Forgets a command whose processes are gone. */
  remove(pid: number): void {
    try {
      unlinkSync(this.#file(pid));
    } catch {
      // An entry that stays does no harm: no later process has its pid and its start.
    }
  }

  /** What is remembered, by this process or by one before it. A file that a full disk cut short is no entry. */
  all(): RunningCommand[] {
    const found: RunningCommand[] = [];
    for (const name of readdirSync(this.#folder)) {
      const command = readEntry(join(this.#folder, name));
      if (command !== undefined) {
        found.push(command);
      }
    }
    return found;
  }

  #file(pid: number): string {
    return join(this.#folder, `${pid}.json`);
  }
}

function readEntry(file: string): RunningCommand | undefined {
  try {
    if (!lstatSync(file).isFile()) {
      // A pipe would be waited for without end.
      return undefined;
    }
    const { pid, boot, start, startedAtMs, marker } = JSON.parse(readFileSync(file, "utf8")) as Partial<RunningCommand>;
    // To signal the groups 0 and 1 would be to signal this process's own, and everything there is.
    const isEntry = Number.isInteger(pid) && Number(pid) > 1 && typeof startedAtMs === "number" && start !== undefined;
    return isEntry ? { pid: Number(pid), boot: boot ?? "", start, startedAtMs, marker: marker ?? "" } : undefined;
  } catch {
    return undefined;
  }
}
