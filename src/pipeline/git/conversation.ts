import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { type GitCall, gitFailed, startFailure, startGit, wasInterruptedAtItsStart } from "./process.ts";

interface Question {
  readonly text: string;
  readonly lines: number;
  readonly resolve: (answer: string[]) => void;
  readonly reject: (cause: Error) => void;
}

/**
 * One git process that answers many questions, each with a known number of lines: a process for each would cost 3 ms.
 * It is started by the first question, and again by the next one after it ended. It never keeps Node alive.
 */
export class GitConversation {
  readonly #call: Pick<GitCall, "cwd" | "args" | "env">;
  #child: ChildProcess | null = null;
  /** One that was closed: what it ends without having answered, it was not asked any more. */
  #closed: ChildProcess | null = null;
  #asked: Question[] = [];
  #lines: string[] = [];
  #rest = "";
  #stderr = "";

  constructor(call: Pick<GitCall, "cwd" | "args" | "env">) {
    this.#call = call;
  }

  /**
   * Writes `text` and waits for `lines` lines. Questions may overlap; they are answered in their order.
   *
   * @throws GIT_FAILED when git ends instead of answering, with what it said; GIT_MISSING
   */
  ask(text: string, lines: number): Promise<string[]> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ text, lines, resolve, reject });
      this.#start();
      if (this.#asked.length === 1) {
        this.#holdNode(true);
      }
      this.#child?.stdin?.write(text);
    });
  }

  /** Ends the process once it has answered what was asked. */
  close(): void {
    this.#closed = this.#child;
    this.#child?.stdin?.end();
  }

  #start(): void {
    if (this.#child !== null) {
      return;
    }
    const child = startGit(this.#call);
    this.#child = child;
    this.#lines = [];
    this.#rest = "";
    this.#stderr = "";
    child.stdin?.on("error", () => {});
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => this.#hear(chunk));
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#stderr = (this.#stderr + chunk).slice(0, 4096);
    });
    child.on("error", (cause) => this.#end(child, startFailure(this.#call, cause)));
    child.on("close", (exit, signal) => {
      const cause = gitFailed(this.#call, exit ?? String(signal), this.#stderr);
      this.#end(child, wasInterruptedAtItsStart(signal) || child === this.#closed ? undefined : cause);
    });
    this.#holdNode(this.#asked.length > 0);
  }

  #hear(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    this.#lines.push(...lines);
    for (let next = this.#asked[0]; next !== undefined && this.#lines.length >= next.lines; next = this.#asked[0]) {
      this.#asked.shift();
      next.resolve(this.#lines.splice(0, next.lines));
    }
    if (this.#asked.length === 0) {
      this.#holdNode(false);
    }
  }

  /**
   * The first open question was the one git failed at; those behind it were not read and are asked again.
   *
   * @param cause undefined when none was read
   */
  #end(child: ChildProcess, cause: Error | undefined): void {
    if (this.#child !== child) {
      return;
    }
    this.#child = null;
    const failed = cause && this.#asked.shift();
    if (this.#asked.length > 0) {
      this.#start();
      for (const question of this.#asked) {
        (this.#child as ChildProcess | null)?.stdin?.write(question.text);
      }
    }
    if (cause !== undefined) {
      failed?.reject(cause);
    }
  }

  #holdNode(hold: boolean): void {
    const child = this.#child;
    if (child === null) {
      return;
    }
    const method = hold ? "ref" : "unref";
    child[method]();
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      // Pipes of a child are sockets, which Node's types do not say.
      (stream as ((Readable | Writable) & { ref?(): void; unref?(): void }) | null)?.[method]?.();
    }
  }
}
