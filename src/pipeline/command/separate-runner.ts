import type { ChildProcess } from "node:child_process";
import { forkSmall, onceOver } from "../../base/small-process.ts";
import type { Clock } from "../../base/time.ts";
import { type CommandResult, noEnding } from "./command.ts";
import { effectMarker } from "./environment.ts";
import { stopLeftovers } from "./leftovers.ts";
import { noOutput } from "./output-log.ts";
import { markerVariable } from "./process-info.ts";
import { runCommand } from "./run.ts";
import type { CommandRunner } from "./runner.ts";
import type { Asking, FromRunner, RunnerSetup, ToRunner } from "./runner-messages.ts";

export interface SeparateRunnerOptions {
  readonly stateDirectory: string;
  /** The marker of the store, as {@link effectMarker} takes it. */
  readonly store: string;
  /** Secret values by name: taken out of output. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly clock: Clock;
}

interface Asked {
  readonly askedAt: number;
  readonly answer: (result: CommandResult) => void;
  readonly fail: (error: Error) => void;
}

/**
 * Runs commands in a process of its own. A spawn copies the memory map of its process and blocks it meanwhile, so a
 * small process spawns several times as fast as a big one, and this one goes on with its work. What runs is stopped when
 * this process ends, be it killed. Should the runner process die, the commands it ran are stopped and said to be killed,
 * and the next command gets a new one.
 */
export function openSeparateRunner(options: SeparateRunnerOptions): CommandRunner {
  const { stateDirectory, store, secrets, clock } = options;
  const asked = new Map<number, Asked>();
  let runner: ChildProcess | undefined;
  let over: Promise<void> | undefined;
  let cleaning: Promise<unknown> | undefined;
  let lastId = 0;
  let closing = false;

  const open = (): ChildProcess => {
    const opened = startRunner(effectMarker(store, "runner"), { type: "setup", stateDirectory, secrets: [...secrets] });
    opened.on("message", (message: FromRunner) => {
      const waiting = asked.get(message.id);
      if ("result" in message) {
        waiting?.answer(message.result);
      } else {
        waiting?.fail(new Error(message.error));
      }
    });
    over = new Promise((resolve) => {
      onceOver(opened, (how) => {
        runner = undefined;
        lose([...asked.values()], opened.pid === undefined, how);
        resolve();
      });
    });
    return opened;
  };
  const lose = (lost: readonly Asked[], neverStarted: boolean, how: string): void => {
    if (neverStarted) {
      for (const { answer } of lost) {
        answer({ ...noEnding, startError: "not_started", startDetail: how, stdout: noOutput, stderr: noOutput });
      }
    } else if (lost.length > 0) {
      const reason = `pawl: the process that ran this command ended (${how})`;
      cleaning = stopLeftovers(stateDirectory, store, { clock }).finally(() => {
        cleaning = undefined;
        for (const { answer, askedAt } of lost) {
          answer(killedWithRunner(reason, clock.monotonic() - askedAt));
        }
      });
      cleaning.catch(() => undefined);
    }
  };
  let unsent: Asking[] = [];
  const send = (message: Asking): void => {
    unsent.push(message);
    if (unsent.length === 1) {
      process.nextTick(() => {
        const messages: ToRunner = unsent;
        unsent = [];
        // If it cannot be sent the runner process has ended, and its exit gives the answer.
        runner?.send(messages, () => undefined);
      });
    }
  };

  return {
    prepare() {
      if (runner === undefined) {
        runner = open();
        keepAlive(runner, false);
      }
    },
    async run({ signal, ...request }) {
      // What was left of a lost runner process is stopped by the store's marker, which the next one has too.
      await cleaning?.catch(() => undefined);
      if (signal?.aborted === true) {
        return runCommand({ ...request, signal, clock });
      }
      lastId += 1;
      const id = lastId;
      const abort = (): void => send({ type: "abort", id });
      signal?.addEventListener("abort", abort, { once: true });
      try {
        return await new Promise<CommandResult>((answer, fail) => {
          asked.set(id, { askedAt: clock.monotonic(), answer, fail });
          runner ??= open();
          keepAlive(runner, true);
          send({ type: "run", id, request });
        });
      } finally {
        signal?.removeEventListener("abort", abort);
        asked.delete(id);
        // Whoever closes it waits for its end, and must not be left with nothing to wait for.
        if (asked.size === 0 && runner !== undefined && !closing) {
          keepAlive(runner, false);
        }
      }
    },
    async close() {
      if (runner === undefined) {
        return;
      }
      closing = true;
      keepAlive(runner, true);
      for (const id of asked.keys()) {
        send({ type: "abort", id });
      }
      send({ type: "close" });
      await over;
      await cleaning;
    },
  };
}

function startRunner(marker: string, setup: RunnerSetup): ChildProcess {
  const runner = forkSmall("runner-process", import.meta.url, { env: { [markerVariable]: marker } });
  // One that could not be started may have no channel either.
  if (runner.pid !== undefined) {
    runner.send([setup] satisfies ToRunner);
  }
  return runner;
}

/** An idle runner process must not keep this one from ending. */
function keepAlive(runner: ChildProcess, needed: boolean): void {
  if (needed) {
    runner.ref();
    runner.channel?.ref();
  } else {
    runner.unref();
    runner.channel?.unref();
  }
}

function killedWithRunner(reason: string, durationMs: number): CommandResult {
  return { ...noEnding, signal: "SIGKILL", durationMs, stdout: noOutput, stderr: { ...noOutput, tail: `${reason}\n` } };
}
