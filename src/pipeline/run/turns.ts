/**
 * Turns of something that one at a time may have, first come, first served: the merge into a run's branch.
 * A holder keeps its turn until it is given back by name, however many of its own steps that takes.
 */
export class Turns {
  #holder: string | undefined;
  readonly #waiting: { readonly name: string; readonly start: () => void }[] = [];

  /** Resolves when the turn is this holder's; at once where it has it already. Rejects when the signal fires first. */
  take(name: string, signal: AbortSignal): Promise<void> {
    if (this.#holder === undefined || this.#holder === name) {
      this.#holder = name;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const entry = { name, start: resolve };
      this.#waiting.push(entry);
      signal.addEventListener(
        "abort",
        () => {
          const index = this.#waiting.indexOf(entry);
          if (index >= 0) {
            this.#waiting.splice(index, 1);
            reject(signal.reason);
          }
        },
        { once: true },
      );
    });
  }

  /** It has the turn from before a restart. */
  hold(name: string): void {
    this.#holder = name;
  }

  /** Gives the turn on, where this holder has it. */
  giveBack(name: string): void {
    if (this.#holder === name) {
      const next = this.#waiting.shift();
      this.#holder = next?.name;
      next?.start();
    }
  }
}
