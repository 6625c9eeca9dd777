import type { AnyEventObject } from "xstate";
import { type DeliverOptions, deliver } from "./deliver.ts";
import type { Engine } from "./engine.ts";
import type { Live } from "./live.ts";
import type { InternalActor } from "./xstate/internals.ts";

/** What a timer of Node can wait at most. To look more often than one must does no harm. */
const longestWaitMs = 2 ** 31 - 1;

/** Puts roots that nobody uses to sleep: out of memory, with their rows and timers kept. The next event wakes them. */
export class Passivation {
  readonly #engine: Engine;
  readonly #defaultMs: number | undefined;
  readonly #attach: (live: Live) => void;
  #alarm: unknown;

  constructor(engine: Engine, defaultMs: number | undefined, attach: (live: Live) => void) {
    this.#engine = engine;
    this.#defaultMs = defaultMs;
    this.#attach = attach;
  }

  start(): void {
    const own = this.#engine.options.registry.shortestPassivationMs() ?? Number.POSITIVE_INFINITY;
    const shortest = Math.min(own, this.#defaultMs ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(shortest)) {
      const sweepAgain = (): void => {
        this.#sweep();
        if (this.#engine.closed === undefined) {
          this.start();
        }
      };
      this.#alarm = this.#engine.clock.setTimeout(sweepAgain, Math.min(Math.max(shortest / 2, 1), longestWaitMs));
      // No process lives on only to put actors to sleep.
      (this.#alarm as { unref?(): void } | undefined)?.unref?.();
    }
  }

  stop(): void {
    this.#engine.clock.clearTimeout(this.#alarm);
  }

  #sweep(): void {
    const now = this.#engine.clock.monotonic();
    const idle = [...this.#engine.population.roots.values()].filter((live) => {
      const limit = live.type.passivateAfterMs ?? this.#defaultMs;
      return limit !== undefined && now - live.root.lastUsed >= limit && isIdle(live);
    });
    if (idle.length > 0) {
      this.#putToSleep(idle);
    }
  }

  #putToSleep(idle: readonly Live[]): void {
    for (const live of idle) {
      live.asleep = true;
      this.#engine.group().touched.add(live);
    }
    // What is asleep must be whole on disk before it leaves memory.
    this.#engine.commits.drain();
    if (this.#engine.closed !== undefined) {
      return;
    }
    const { touched } = this.#engine.group();
    for (const live of idle) {
      if (!isIdle(live) || [...live.root.members].some((member) => touched.has(member))) {
        // What began after that commit has used it.
        live.asleep = false;
        touched.add(live);
        this.#engine.schedule();
        continue;
      }
      this.#engine.population.forgetRoot(live);
      for (const member of live.root.members) {
        this.#redirect(member);
      }
    }
  }

  /** Whoever still holds the actor, a person or another actor, reaches the one that wakes in its place. */
  #redirect(live: Live): void {
    const current = (): InternalActor => {
      const engine = this.#engine;
      const awake = engine.population.live(live.no);
      if (awake === undefined) {
        engine.refuseIfClosed();
      }
      const woken = awake ?? engine.options.wake(live.no);
      if (woken !== undefined) {
        this.#attach(woken);
        return woken.actor;
      }
      // It woke and was stopped, or its parent let go of it: it shows how it ended, and takes nothing.
      const ended = engine.reference(live.no);
      if (ended === undefined) {
        throw new Error(`${live.id} is gone`);
      }
      return Object.assign(ended, {
        deliver: (event: AnyEventObject, options: DeliverOptions = {}) => deliver(engine, live, event, options),
      });
    };
    const call = (method: string, args: unknown[]): unknown =>
      (current() as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
    const actor = live.actor as unknown as Record<string, unknown>;
    for (const method of ["send", "getSnapshot", "getPersistedSnapshot", "subscribe", "on", "stop"]) {
      actor[method] = (...args: unknown[]) => call(method, args);
    }
    actor["deliver"] = async (...args: unknown[]) => call("deliver", args);
    // Another actor sends, who cannot be told that nothing is accepted any more.
    actor["_send"] = (event: unknown) => (this.#engine.closed === undefined ? call("_send", [event]) : undefined);
  }
}

/** Nobody listens, and no work outside the machines is on its way. */
function isIdle(live: Live): boolean {
  if (live.root.held) {
    return false;
  }
  for (const member of live.root.members) {
    const { actor } = member;
    // One whose parent hears of its snapshots has XState's own observer for that.
    const own = actor._syncSnapshot === true ? 1 : 0;
    const isWatched = actor.observers.size > own || isListenedTo(actor);
    const isOutside = member.kind !== "machine" && member.kind !== "pure" && actor.getSnapshot().status === "active";
    if (isWatched || isOutside) {
      return false;
    }
  }
  return true;
}

/** XState keeps an empty set for a type of event that somebody once listened to. */
function isListenedTo({ eventListeners }: InternalActor): boolean {
  return [...eventListeners.values()].some(({ size }) => size > 0);
}
