import type { RunningCommands } from "../command/index.ts";

/** Kills the process groups of all commands that are known to run. What started a moment ago is found by `resume`. */
export function killAll(register: RunningCommands): void {
  for (const { pid } of register.all()) {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}
