import { join } from "node:path";

/** Where the output of commands is kept: `logs/<run>/<entity>.<attempt>.out` and `.err`. */
export class LogFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param entity as the machines name it; their ids are fit for file names (machines/ids.ts) */
  of(run: string, entity: string, attempt: number): { readonly stdoutFile: string; readonly stderrFile: string } {
    const start = join(this.#folder, run, `${entity}.${attempt}`);
    return { stdoutFile: `${start}.out`, stderrFile: `${start}.err` };
  }

  /** Where the prompt of an agent's task is put for its tool. */
  promptFile(run: string, task: string): string {
    return join(this.#folder, run, `${task}.prompt.txt`);
  }
}
