import { plannedTask } from "../../../machines/ids.ts";

/**
 * Gives queued tasks to free workers, oldest first. A worker is free again when what it executes has stopped: the
 * command of a task that a person or a time-out ended may take its time to go. Until then the task itself, begun again
 * or done again by a successor, waits too: two executions of it at once would be in each other's way.
 */
export class Workers {
  readonly #free: string[];
  readonly #busy = new Map<string, string>();
  /** Tasks of the plan: a successor is the same one. */
  readonly #executing = new Set<string>();
  readonly #queue: string[] = [];
  readonly #give: (task: string, worker: string) => boolean;
  #isStopped = false;

  /**
   * @param count how many tasks run at the same time
   * @param give hands a task to a worker; false when the task does not want one any more
   */
  constructor(count: number, give: (task: string, worker: string) => boolean) {
    this.#free = Array.from({ length: count }, (_, index) => `w${index + 1}`).reverse();
    this.#give = give;
  }

  /** A task waits for a worker. */
  offer(task: string): void {
    this.#queue.push(task);
    this.#dispatch();
  }

  /** Executes a task that a worker was given. */
  async execute<T>(task: string, work: () => Promise<T>): Promise<T> {
    this.#executing.add(plannedTask(task));
    try {
      return await work();
    } finally {
      // After the outcome was taken in, and in the same commit: a worker never has two tasks.
      process.nextTick(() => {
        this.#executing.delete(plannedTask(task));
        this.#release(task);
      });
    }
  }

  /** A task is not running any more. Its worker is free, unless its execution is still to end. */
  left(task: string): void {
    if (!this.#executing.has(plannedTask(task))) {
      this.#release(task);
    }
  }

  /** A worker that is at a task already, from before a restart. */
  occupy(worker: string, task: string): void {
    const index = this.#free.indexOf(worker);
    if (index >= 0) {
      this.#free.splice(index, 1);
    }
    this.#busy.set(worker, task);
  }

  /** From now on no task is given to a worker. */
  stop(): void {
    this.#isStopped = true;
  }

  #release(task: string): void {
    for (const [worker, held] of this.#busy) {
      if (held === task) {
        this.#busy.delete(worker);
        this.#free.push(worker);
      }
    }
    this.#dispatch();
  }

  #dispatch(): void {
    while (!this.#isStopped && this.#free.length > 0) {
      const next = this.#queue.findIndex((task) => !this.#executing.has(plannedTask(task)));
      const [task] = next < 0 ? [] : this.#queue.splice(next, 1);
      if (task === undefined) {
        return;
      }
      const worker = this.#free.pop() as string;
      this.#busy.set(worker, task);
      if (!this.#give(task, worker)) {
        this.#busy.delete(worker);
        this.#free.push(worker);
      }
    }
  }
}
