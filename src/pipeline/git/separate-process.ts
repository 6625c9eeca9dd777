import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { GitCall, GitEnding, GitRunner } from "./process.ts";

/** A question to the program of `spawner-process.ts`. */
export interface SpawnRequest {
  readonly id: number;
  readonly call: Omit<GitCall, "answers">;
}

export interface SpawnAnswer {
  readonly id: number;
  readonly ending: GitEnding;
}

/**
 * A small process that runs git for this one: a spawn copies the memory map of its process and blocks it meanwhile, and
 * a big one spawns several times as slowly. It is started by the first call, and again after it died.
 */
export class SeparateGit {
  #process: ChildProcess | undefined;
  #lastId = 0;
  readonly #asked = new Map<number, (ending: GitEnding) => void>();

  readonly run: GitRunner = (call) =>
    new Promise((resolve) => {
      this.#lastId += 1;
      const id = this.#lastId;
      this.#asked.set(id, resolve);
      this.#process ??= this.#start();
      this.#keepNode(true);
      const question: SpawnRequest = { id, call };
      // What cannot be sent is answered when the process is seen to have ended.
      this.#process.send(question, () => undefined);
    });

  /** Ends the process. Nothing may be asked afterwards. */
  close(): void {
    if (this.#process?.connected === true) {
      this.#process.disconnect();
    }
  }

  #start(): ChildProcess {
    const isSource = import.meta.url.endsWith(".ts");
    const program = fileURLToPath(new URL(`spawner-process.${isSource ? "ts" : "js"}`, import.meta.url));
    const started = fork(program, {
      // A session of its own: Ctrl-C in the terminal is for this process, which knows what to do.
      detached: true,
      execArgv: isSource ? ["--import", "tsx"] : [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    started.on("error", () => undefined);
    started.on("message", ({ id, ending }: SpawnAnswer) => this.#answer(id, ending));
    started.once("exit", (code, signal) => {
      this.#process = undefined;
      const message = `the process that ran it ended (${signal ?? `exit code ${code}`})`;
      for (const id of [...this.#asked.keys()]) {
        this.#answer(id, { kind: "not_started", code: "", message });
      }
    });
    return started;
  }

  #answer(id: number, ending: GitEnding): void {
    this.#asked.get(id)?.(ending);
    this.#asked.delete(id);
    if (this.#asked.size === 0) {
      this.#keepNode(false);
    }
  }

  /** While nothing is asked, it must not keep this process from ending. */
  #keepNode(needed: boolean): void {
    if (needed) {
      this.#process?.ref();
      this.#process?.channel?.ref();
    } else {
      this.#process?.unref();
      this.#process?.channel?.unref();
    }
  }
}
