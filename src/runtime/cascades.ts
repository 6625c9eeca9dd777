/** What one event leads to, from actor to actor, until all of them are done with it: nothing of it is committed alone. */
export class Cascades {
  #running = 0;

  get areRunning(): boolean {
    return this.#running > 0;
  }

  run<T>(step: () => T): T {
    this.enter();
    try {
      return step();
    } finally {
      this.leave();
    }
  }

  enter(): void {
    this.#running += 1;
  }

  leave(): void {
    this.#running -= 1;
  }
}
