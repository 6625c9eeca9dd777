import type { Redactor } from "../../base/secrets.ts";
import type { Clock } from "../../base/time.ts";
import type { CommandResult, CommandSpec } from "./command.ts";
import { runCommand } from "./run.ts";
import type { RunningCommands } from "./running-commands.ts";

/** What a runner is asked to run: the rest of a {@link CommandSpec} is the same for all its commands. */
export type CommandRequest = Omit<CommandSpec, "secrets" | "register" | "clock">;

/** Runs the commands of a store. */
export interface CommandRunner {
  /** Makes ready for commands that will come, so that the first need not wait. */
  prepare(): void;
  /** See {@link runCommand}. */
  run(request: CommandRequest): Promise<CommandResult>;
  /** Aborts what still runs, and resolves when it is gone. Nothing may be run afterwards. */
  close(): Promise<void>;
}

export interface RunnerOptions {
  readonly secrets?: Redactor | undefined;
  readonly register?: RunningCommands | undefined;
  readonly clock: Clock;
}

/**
 * Runs commands as children of this process. Each spawn then blocks this process, the longer the more memory it has;
 * {@link openSeparateRunner} avoids that.
 */
export function openRunner(options: RunnerOptions): CommandRunner {
  const running = new Map<AbortController, Promise<CommandResult>>();
  return {
    prepare: () => undefined,
    async run(request) {
      const abort = new AbortController();
      const unlink = linkAbort(request.signal, abort);
      const result = runCommand({ ...request, ...options, signal: abort.signal });
      running.set(abort, result);
      try {
        return await result;
      } finally {
        unlink();
        running.delete(abort);
      }
    },
    async close() {
      const results = [...running.values()];
      for (const abort of running.keys()) {
        abort.abort();
      }
      await Promise.allSettled(results);
    },
  };
}

/** AbortSignal.any would keep each signal it made for as long as the run's own signal lives. */
function linkAbort(signal: AbortSignal | undefined, to: AbortController): () => void {
  const abort = (): void => to.abort();
  if (signal?.aborted === true) {
    abort();
  }
  signal?.addEventListener("abort", abort, { once: true });
  return () => signal?.removeEventListener("abort", abort);
}
