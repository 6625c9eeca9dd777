/** Who works in something that is shared: nobody else gets it before all of them have left. */
export class Users {
  #count = 0;
  readonly #whenGone: (() => void)[] = [];

  /** Work that goes on in it; it has left when it has ended, in whatever way. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) {
        for (const resolve of this.#whenGone.splice(0)) {
          resolve();
        }
      }
    }
  }

  /** Resolves when nobody is in it. */
  gone(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenGone.push(resolve));
  }
}
