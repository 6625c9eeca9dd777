import { type InternalActor, isOver } from "./xstate/internals.ts";

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

  /** The start of a root is one, too. One that is over stays so: what it ended with was told when it ended. */
  holdStartOf(actor: InternalActor): void {
    const { start } = actor;
    actor.start = () => (isOver(actor) ? actor : this.run(() => start.call(actor)));
  }

  enter(): void {
    this.#running += 1;
  }

  leave(): void {
    this.#running -= 1;
  }
}
