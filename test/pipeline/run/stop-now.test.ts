import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import type { RunningCommands } from "../../../src/pipeline/command/index.ts";
import { killAll } from "../../../src/pipeline/run/stop-now.ts";

test("kills the whole group of each command that runs, whichever have ended by themselves", async () => {
  // A number that no system gives to a process.
  const ended = 5_000_001;
  const running = spawn("sh", ["-c", "sleep 600 & echo up; wait"], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void running.kill("SIGKILL"));
  await once(running.stdout as NonNullable<typeof running.stdout>, "data");
  const register = { all: () => [{ pid: ended }, { pid: running.pid }] } as unknown as RunningCommands;
  killAll(register);
  // Its output ends with the last process that has it.
  const [, signal] = await once(running, "close");
  expect(signal).toBe("SIGKILL");
});
