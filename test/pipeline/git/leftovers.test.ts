import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Clock, systemClock } from "../../../src/base/time.ts";
import { stopLeftoverGit } from "../../../src/pipeline/git/leftovers.ts";
import { git, put, temporaryFolder } from "./setting.fixture.ts";

/** A process that says a line when it is ready and then waits, in a folder. */
async function waiting(folder: string, program: string, args: readonly string[]): Promise<ChildProcess> {
  mkdirSync(folder, { recursive: true });
  const child = spawn(program, args, { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin?.write("HEAD\n");
  await once(child.stdout as NonNullable<typeof child.stdout>, "data");
  return child;
}

/** A git that waits for a question that never comes. */
function waitingGit(folder: string): Promise<ChildProcess> {
  mkdirSync(folder, { recursive: true });
  git(folder, "init", "-q");
  return waiting(folder, "git", ["cat-file", "--batch"]);
}

const ending = async (child: ChildProcess): Promise<string | number | null> => {
  if (child.signalCode === null && child.exitCode === null) {
    await once(child, "exit");
  }
  return child.signalCode ?? child.exitCode;
};
const runs = (child: ChildProcess): boolean => child.signalCode === null && child.exitCode === null;

// Where there is no /proc, nothing is found.
describe.runIf(process.platform === "linux")("git of an earlier Pawl", () => {
  test("that still works in a worktree is stopped; other programs, and git elsewhere, are let be", async () => {
    const folder = temporaryFolder();
    const pool = join(folder, "worktrees");
    const inside = await waitingGit(join(pool, "w1"));
    const others = await Promise.all([
      waitingGit(join(folder, "worktrees-of-the-user")),
      waitingGit(pool),
      waiting(join(pool, "w2"), "sh", ["-c", "echo ready; exec sleep 600"]),
    ]);
    await stopLeftoverGit(pool, systemClock);
    expect(await ending(inside)).toBe("SIGTERM");
    expect(others.map(runs)).toEqual([true, true, true]);
  });

  test("that does not hear TERM is killed after five seconds", async () => {
    const folder = temporaryFolder();
    put(folder, { "bin/git": { program: "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.05; done\n" } });
    const deaf = await waiting(join(folder, "pool/w1"), join(folder, "bin/git"), []);
    const startedAt = performance.now();
    const asked: number[] = [];
    const fast: Clock = {
      ...systemClock,
      // A hundred times as fast as the real one.
      monotonic: () => (performance.now() - startedAt) * 100,
      setTimeout: (run, delayMs) => {
        asked.push((performance.now() - startedAt) * 100);
        return systemClock.setTimeout(run, Math.min(delayMs, 5));
      },
    };
    await stopLeftoverGit(join(folder, "pool"), fast);
    expect(await ending(deaf)).toBe("SIGKILL");
    expect(asked.at(-1)).toBeGreaterThanOrEqual(4_000);
  });

  test("is killed where the machine is so slow that no time is left after the first look", async () => {
    const folder = temporaryFolder();
    put(folder, { "bin/git": { program: "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.05; done\n" } });
    const deaf = await waiting(join(folder, "pool/w1"), join(folder, "bin/git"), []);
    const ended = ending(deaf);
    let looks = 0;
    const slow: Clock = { ...systemClock, monotonic: () => 60_000 * looks++ };
    await stopLeftoverGit(join(folder, "pool"), slow);
    deaf.kill("SIGINT");
    expect(await ended).toBe("SIGKILL");
  });

  test("is looked for in vain without waiting", async () => {
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      setTimeout: (run, delayMs) => {
        waits.push(delayMs);
        return systemClock.setTimeout(run, delayMs);
      },
    };
    await stopLeftoverGit(temporaryFolder(), clock);
    expect(waits).toEqual([]);
  });
});
