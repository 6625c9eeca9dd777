import { execFileSync } from "node:child_process";
import type { Processes, ProcessInfo } from "./process-info.ts";
import { groupIsAlive } from "./signal.ts";

/**
 * Processes as POSIX `ps` tells of them, for systems without `/proc`. It does not show environments, so what left its
 * command's group and lost its parent is not found there.
 */
export function psProcesses(): Processes {
  return {
    boot: "",
    seesMarkers: false,
    all: () => list(["-A"]),
    stillAlive: (known) => {
      const now = new Map(list(["-p", known.map(({ pid }) => pid).join(",")]).map(({ pid, start }) => [pid, start]));
      return known.filter(({ pid, start }) => now.get(pid) === start);
    },
    // A `ps` for each command would double its cost; the time of the spawn tells the same to the second.
    startOf: () => null,
    markerOf: () => undefined,
    mayHaveLeft: (leader) => groupIsAlive(leader),
  };
}

function list(which: readonly string[]): ProcessInfo[] {
  let text: string;
  try {
    text = execFileSync("ps", [...which, "-o", "pid=,ppid=,pgid=,stat=,lstart="], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch {
    // `ps -p` of a pid that is gone ends with 1.
    return [];
  }
  const found: ProcessInfo[] = [];
  for (const line of text.split("\n")) {
    const [pid, parent, group, state, ...start] = line.trim().split(/\s+/);
    if (pid !== undefined && pid !== "" && state !== undefined && !state.startsWith("Z")) {
      found.push({
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        // What `ps` shows as session is an address on some systems. The group of a command is what its session starts with.
        session: Number(group),
        start: Date.parse(start.join(" ")),
      });
    }
  }
  return found;
}
