import module from "node:module";
import { pathToFileURL } from "node:url";
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
  type WorkerOptions,
} from "node:worker_threads";
import type { Durability } from "../port.ts";
import { type CommitMessage, commitMessage } from "./commit-message.ts";
import type { WriteFailure, WriteOutcome, Writer } from "./writer.ts";

/** What the thread is given. */
export interface ThreadSetup {
  readonly file: string;
  readonly durability: Durability;
  readonly fence: number;
  readonly port: MessagePort;
  /** Grows by one with each answer: what a blocked caller waits on. */
  readonly answered: SharedArrayBuffer;
}

/** A commit, and how many failures its sender had heard of: what does not know of one follows from what failed. */
export interface ToWrite {
  readonly commit: CommitMessage;
  readonly failuresKnown: number;
}

export type ToThread = ToWrite | { readonly renewUntil: number } | "close";

/** Longer than SQLite itself waits for a lock. */
const silentForMs = 30_000;

/**
 * Writes in a thread of its own, with a connection of its own, so that the machines go on while SQLite writes and syncs.
 * It keeps the process alive only as long as something is on its way.
 */
export function openWriterThread(setup: Pick<ThreadSetup, "file" | "durability" | "fence">): Writer {
  const { port1: port, port2 } = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const waiting: ((outcome: WriteOutcome) => void)[] = [];
  const worker = startProgram({
    workerData: { ...setup, port: port2, answered: answered.buffer },
    transferList: [port2],
    execArgv: [],
    // It holds one commit at a time; a small young generation keeps it small.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  worker.unref();
  let lost: WriteFailure | undefined;
  let failuresKnown = 0;

  const answer = (outcome: WriteOutcome): void => {
    failuresKnown += "failure" in outcome ? 1 : 0;
    const ended = waiting.shift();
    if (waiting.length === 0) {
      port.unref();
    }
    ended?.(outcome);
  };
  const fail = (failure: WriteFailure): void => {
    lost ??= failure;
    while (waiting.length > 0) {
      answer({ failure: lost });
    }
  };
  const end = (message: string): void => fail({ message, code: "EIO", hasNoThread: true });
  port.on("message", answer);
  port.unref();
  worker.on("error", (error) => end(`the writer's thread failed: ${error.message}`));
  worker.on("exit", () => end("the writer's thread ended"));

  /** Handles all answers that are there; false when none was. */
  const takeAnswers = (): boolean => {
    let some = false;
    for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
      some = true;
      answer(got.message as WriteOutcome);
    }
    return some;
  };
  const settle = (): void => {
    while (waiting.length > 0) {
      const seen = Atomics.load(answered, 0);
      if (!takeAnswers() && Atomics.wait(answered, 0, seen, silentForMs) === "timed-out") {
        fail({ message: "the writer's thread does not answer", code: "EIO" });
      }
    }
  };
  const send = (message: ToThread): void => port.postMessage(message);

  return {
    write: (commit, ended) => {
      waiting.push(ended);
      if (lost !== undefined) {
        fail(lost);
        return;
      }
      port.ref();
      send({ commit: commitMessage(commit), failuresKnown });
    },
    renew: (renewUntil) => {
      if (lost === undefined) {
        send({ renewUntil });
      }
    },
    settle,
    close: () => {
      settle();
      if (lost === undefined) {
        lost = { message: "it was closed" };
        waiting.push(() => undefined);
        send("close");
        settle();
      }
      port.close();
    },
  };
}

function startProgram(options: WorkerOptions): Worker {
  const isSource = import.meta.url.endsWith(".ts");
  // A bundler takes along what stands here as a text, and refuses to go on where there is no such file.
  const program = isSource
    ? import.meta.url.replace("writer-thread", "writer-program")
    : new URL("writer-program.js", import.meta.url).href;
  // What keeps it from being loaded is answered like a commit: who is blocked hears of no error of a thread.
  const source = `${isSource ? loadingTypeScript() : "Promise.resolve()"}
    .then(() => import(${JSON.stringify(program)}))
    .catch(({ message }) => {
      const { port, answered } = require("node:worker_threads").workerData;
      port.postMessage({ failure: { message: "the writer's thread failed: " + message, code: "EIO", hasNoThread: true } });
      Atomics.add(new Int32Array(answered), 0, 1);
      Atomics.notify(new Int32Array(answered), 0);
    })`;
  return new Worker(source, { ...options, eval: true });
}

/** A thread takes no loader from its command line, so it registers one itself. */
function loadingTypeScript(): string {
  const tsx = pathToFileURL(module.createRequire(import.meta.url).resolve("tsx/package.json"));
  const loader = new URL("dist/esm/api/index.mjs", tsx).href;
  return `import(${JSON.stringify(loader)}).then(({ register }) => register())`;
}
