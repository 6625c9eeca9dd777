/** Lets effects begin, or holds them back: before everything is ready, and for good once the process winds down. */
export class Admission {
  #isOpen = false;
  #isClosed = false;
  #inside = 0;
  #waiting = new Set<() => void>();
  #whenEmpty: (() => void)[] = [];

  /** Does nothing after {@link close}: who was about to open it may not know yet that it was closed. */
  open(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isOpen = true;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const start of waiting) {
      start();
    }
  }

  /** What is inside goes on; nothing new begins. */
  close(): void {
    this.#isOpen = false;
    this.#isClosed = true;
  }

  /**
   * Runs `work` once the door is open.
   * @throws the reason of the signal, when it fires while waiting
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (!this.#isOpen) {
      await this.#opened(signal);
    }
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /**
   * To be called inside: steps outside while something is waited for that others inside have to bring about, and comes
   * in again when the door is open.
   */
  async outside(signal: AbortSignal, wait: () => Promise<void>): Promise<void> {
    this.#leave();
    try {
      await wait();
      if (!this.#isOpen) {
        await this.#opened(signal);
      }
    } finally {
      this.#inside += 1;
    }
  }

  /** Resolves when nothing is inside. */
  empty(): Promise<void> {
    return this.#inside === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  #leave(): void {
    this.#inside -= 1;
    if (this.#inside === 0) {
      for (const resolve of this.#whenEmpty.splice(0)) {
        resolve();
      }
    }
  }

  #opened(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const stop = (): void => {
        this.#waiting.delete(start);
        reject(signal.reason);
      };
      if (signal.aborted) {
        stop();
        return;
      }
      this.#waiting.add(start);
      signal.addEventListener("abort", stop, { once: true });
    });
  }
}
