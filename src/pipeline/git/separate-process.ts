import type { ChildProcess } from "node:child_process";
import { forkSmall, onceOver } from "../../base/small-process.ts";
import { type GitCall, type GitEnding, type GitRunner, runHere } from "./process.ts";

/** A question to the program of `spawner-process.ts`. */
export interface SpawnRequest {
  readonly id: number;
  readonly call: Omit<GitCall, "answers">;
}

/** The first thing that it says is that it is up. */
export type SpawnAnswer = "up" | { readonly id: number; readonly ending: GitEnding };

/**
 * A small process that runs git for this one: a spawn copies the memory map of its process and blocks it meanwhile, and
 * a big one spawns several times as slowly. Until it is up, and after it died until it is up again, this one runs git:
 * nobody waits for it.
 */
export class SeparateGit {
  #process: ChildProcess | undefined;
  #up: Promise<void> | undefined;
  #isUp = false;
  #lastId = 0;
  readonly #asked = new Map<number, (ending: GitEnding) => void>();

  readonly run: GitRunner = (call) => {
    void this.start();
    return this.#isUp ? this.#ask(call) : runHere(call);
  };

  /** Starts the process where none runs. Resolves when it is up, or will not be. */
  start(): Promise<void> {
    this.#up ??= new Promise<void>((resolve) => {
      this.#process = this.#started(resolve);
      this.#keepNode(false);
    }).catch(() => {
      // The system refused it at once: this process goes on running git.
      this.#up = undefined;
    });
    return this.#up;
  }

  /** Ends the process. Nothing may be asked afterwards. */
  close(): void {
    if (this.#process?.connected === true) {
      this.#process.disconnect();
    }
  }

  #ask(call: SpawnRequest["call"]): Promise<GitEnding> {
    return new Promise((resolve) => {
      this.#lastId += 1;
      const id = this.#lastId;
      this.#asked.set(id, resolve);
      this.#keepNode(true);
      const question: SpawnRequest = { id, call };
      // What cannot be sent is answered when the process is seen to have ended.
      this.#process?.send(question, () => undefined);
    });
  }

  #started(decided: () => void): ChildProcess {
    const started = forkSmall("spawner-process", import.meta.url, { serialization: "advanced" });
    started.on("message", (answer: SpawnAnswer) => {
      if (answer === "up") {
        this.#isUp = true;
        decided();
      } else {
        this.#answer(answer.id, answer.ending);
      }
    });
    onceOver(started, (how) => {
      this.#process = undefined;
      this.#up = undefined;
      this.#isUp = false;
      decided();
      const message = `the process that ran it ended (${how})`;
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
