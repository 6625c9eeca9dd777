import { randomUUID } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { parseProcStat } from "../../base/proc-stat.ts";
import { markerOf } from "./marker-linux.ts";
import type { Processes, ProcessInfo } from "./process-info.ts";
import { readSmallFile } from "./small-file.ts";

/** From this many new pids on, reading all processes is cheaper than trying each pid. */
const fewPids = 64;

/**
 * Processes as `/proc` tells of them.
 * @param bootId the file that names this boot
 */
export function linuxProcesses(bootId = "/proc/sys/kernel/random/boot_id"): Processes {
  let boot: string | undefined;
  const all = (): ProcessInfo[] => {
    const found: ProcessInfo[] = [];
    for (const name of readdirSync("/proc")) {
      const info = isPid(name) ? readProcess(Number(name)) : undefined;
      if (info !== undefined) {
        found.push(info);
      }
    }
    return found;
  };
  return {
    get boot() {
      // A service may be shown nothing of /proc but the processes (ProcSubset=pid). A boot that nobody can name is like no
      // other: what is remembered of it is never found again, and the markers alone tell.
      boot ??= readSmallFile(bootId)?.trim() ?? randomUUID();
      return boot;
    },
    seesMarkers: true,
    all,
    stillAlive: (known) => known.filter(({ pid, start }) => readProcess(pid)?.start === start),
    // Also of a zombie: a command may have ended before anybody looked.
    startOf: (pid) => readStat(pid)?.start ?? null,
    markerOf,
    mayHaveLeft(leader, marker) {
      // Pids are given in order, so what this command started has a pid between its own and the last one given.
      const last = lastPid();
      if (last === undefined || last < leader || last - leader > fewPids) {
        return true;
      }
      for (let pid = leader + 1; pid <= last; pid += 1) {
        if (existsSync(`/proc/${pid}`)) {
          const info = readProcess(pid);
          if (info !== undefined && (info.session === leader || markerOf(pid) === marker)) {
            return true;
          }
        }
      }
      return false;
    },
  };
}

function isPid(name: string): boolean {
  const first = name.charCodeAt(0);
  return first >= 49 && first <= 57;
}

function readProcess(pid: number): ProcessInfo | undefined {
  const info = readStat(pid);
  return info === undefined || info.dead ? undefined : info;
}

function readStat(pid: number): (ProcessInfo & { readonly dead: boolean }) | undefined {
  const text = readSmallFile(`/proc/${pid}/stat`);
  if (text === undefined) {
    return undefined;
  }
  const stat = parseProcStat(text);
  const field = (number: number): number => Number(stat.field(number));
  return { pid, dead: stat.isDead, parent: field(4), group: field(5), session: field(6), start: field(22) };
}

function lastPid(): number | undefined {
  const last = Number(readSmallFile("/proc/loadavg")?.trimEnd().split(" ")[4]);
  return Number.isInteger(last) && last > 0 ? last : undefined;
}
