/** Gives queued tasks to free workers, oldest first. */
export class Workers {
  readonly #free: string[];
  readonly #busy = new Map<string, string>();
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

  /** The worker that has this task, if one has, is free for another. */
  done(task: string): void {
    for (const [worker, held] of this.#busy) {
      if (held === task) {
        this.#busy.delete(worker);
        this.#free.push(worker);
      }
    }
    this.#dispatch();
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

  #dispatch(): void {
    while (!this.#isStopped && this.#free.length > 0) {
      const task = this.#queue.shift();
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
