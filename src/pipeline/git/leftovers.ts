import { readdir, readFile, readlink } from "node:fs/promises";
import { join, sep } from "node:path";
import { parseProcStat } from "../../base/proc-stat.ts";
import type { Clock } from "../../base/time.ts";

const termMs = 5_000;
const lookEveryMs = 20;

/**
 * Stops git processes of an earlier Pawl that still work below `folder`: a killed Pawl cannot end them, and they must
 * not change files under the next one. They get TERM first, on which git removes its locks, and KILL after 5 s.
 * Looks into /proc; where there is none, nothing is found.
 */
export async function stopLeftoverGit(folder: string, clock: Clock): Promise<void> {
  const until = clock.monotonic() + termMs;
  // Begins with the first KILL: on a machine with much to do, one look may take longer than all of this.
  let giveUpAt = Number.POSITIVE_INFINITY;
  const termed = new Set<number>();
  for (;;) {
    const left = await gitBelow(folder);
    const now = clock.monotonic();
    if (left.length === 0 || now >= giveUpAt) {
      return;
    }
    const late = now >= until;
    if (late) {
      giveUpAt = Math.min(giveUpAt, now + termMs);
    }
    for (const pid of left) {
      if (late || !termed.has(pid)) {
        signal(pid, late ? "SIGKILL" : "SIGTERM");
        termed.add(pid);
      }
    }
    await new Promise<void>((resolve) => clock.setTimeout(resolve, lookEveryMs));
  }
}

async function gitBelow(folder: string): Promise<number[]> {
  const processes = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    processes.map(async (pid) => {
      const place = await readlink(join("/proc", pid, "cwd")).catch(() => "");
      if (!place.startsWith(folder + sep)) {
        return false;
      }
      const stat = parseProcStat(await readFile(join("/proc", pid, "stat"), "utf8").catch(() => ""));
      return stat.name.startsWith("git") && !stat.isDead;
    }),
  );
  return processes.filter((_, index) => found[index]).map(Number);
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}
