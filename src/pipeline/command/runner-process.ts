import { optimizeLater } from "../../base/optimize-later.ts";
import { createRedactor } from "../../base/secrets.ts";
import { takeUpEnvironment } from "../../base/small-process.ts";
import { systemClock } from "../../base/time.ts";
import { type CommandRunner, openRunner } from "./runner.ts";
import type { Asking, FromRunner, ToRunner } from "./runner-messages.ts";
import { RunningCommands } from "./running-commands.ts";

/*
 * The program of a runner process: runs what its parent asks for, and stops it all when the parent goes, however it
 * goes. It imports as little as it can, because each spawn costs by the memory of the process.
 */
optimizeLater();
takeUpEnvironment();
let runner: CommandRunner | undefined;
const aborts = new Map<number, AbortController>();
let closing = false;
const waiting: Asking[] = [];
let isTaking = false;

process.on("message", (messages: ToRunner) => {
  waiting.push(...messages);
  if (!isTaking) {
    isTaking = true;
    takeNext();
  }
});

/**
 * A spawn blocks this process. Between two of them it tells what has ended meanwhile, so that its parent has work while
 * the next is spawned, and the two do not wait for each other in turns.
 */
function takeNext(): void {
  const message = waiting.shift();
  if (message === undefined) {
    isTaking = false;
    return;
  }
  take(message);
  setImmediate(takeNext);
}

function take(message: Asking): void {
  switch (message.type) {
    case "setup":
      runner = openRunner({
        secrets: createRedactor(new Map(message.secrets)),
        register: new RunningCommands(message.stateDirectory, systemClock),
        clock: systemClock,
      });
      break;
    case "run":
      // Without its parent it must start nothing: somebody else may hold the store by now.
      if (runner !== undefined && process.connected) {
        void run(runner, message.id, message.request);
      }
      break;
    case "abort":
      aborts.get(message.id)?.abort();
      break;
    case "close":
      closing = true;
      endIfDone();
  }
}

process.on("disconnect", () => {
  void (runner?.close() ?? Promise.resolve()).finally(() => process.exit());
});

async function run(runner: CommandRunner, id: number, request: Parameters<CommandRunner["run"]>[0]): Promise<void> {
  const abort = new AbortController();
  aborts.set(id, abort);
  const message = await runner.run({ ...request, signal: abort.signal }).then(
    (result): FromRunner => ({ id, result }),
    (error: unknown): FromRunner => ({ id, error: String(error) }),
  );
  const answered = (): void => {
    aborts.delete(id);
    endIfDone();
  };
  if (process.connected) {
    process.send?.(message, undefined, undefined, answered);
  } else {
    answered();
  }
}

function endIfDone(): void {
  if (closing && aborts.size === 0 && process.connected) {
    process.disconnect();
  }
}
