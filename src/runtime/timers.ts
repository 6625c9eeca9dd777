import type { Clock } from "../base/time.ts";
import { TimerHeap } from "./timer-heap.ts";
import { reportUnhandled } from "./unhandled.ts";

/** A timer that is armed. Actors are named by number, so that a sleeping one can be woken (I4). */
export interface Timer {
  readonly actorNo: number;
  readonly id: string;
  readonly targetNo: number;
  /** The event as JSON, encoded. */
  readonly event: string;
  readonly seq: number;
  /** Wall clock, ms since 1970. */
  readonly dueAt: number;
  /** Monotonic clock: whichever of the two says first fires it, so that a clock set back delays nothing. */
  readonly dueMonotonic: number;
  cancelled: boolean;
}

/** The longest the alarm sleeps: a wall clock set forward, or a machine that was suspended, is noticed by then. */
const longestSleepMs = 30_000;

/** All armed timers on one alarm: heaps by due time, one for each clock, not a handle each. */
export class Timers {
  readonly #clock: Clock;
  readonly #fire: (timer: Timer) => void;
  readonly #byActor = new Map<number, Map<string, Timer>>();
  readonly #byWall = new TimerHeap<Timer>((a, b) => isBefore(a.dueAt, b.dueAt, a, b));
  /** Differs from the other once the clock was set. */
  readonly #byMonotonic = new TimerHeap<Timer>((a, b) => isBefore(a.dueMonotonic, b.dueMonotonic, a, b));
  #alarm: unknown;
  #alarmAt = Number.POSITIVE_INFINITY;
  #running = false;
  /** Of all that were ever armed. */
  #newestSeq = 0;

  constructor(clock: Clock, fire: (timer: Timer) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  arm(timer: Timer): void {
    this.disarm(timer.actorNo, timer.id);
    let own = this.#byActor.get(timer.actorNo);
    if (own === undefined) {
      own = new Map();
      this.#byActor.set(timer.actorNo, own);
    }
    own.set(timer.id, timer);
    this.#newestSeq = Math.max(this.#newestSeq, timer.seq);
    this.#byWall.push(timer);
    this.#byMonotonic.push(timer);
  }

  disarm(actorNo: number, id: string): boolean {
    const own = this.#byActor.get(actorNo);
    const timer = own?.get(id);
    if (own === undefined || timer === undefined) {
      return false;
    }
    timer.cancelled = true;
    this.#byWall.noteCancelled();
    this.#byMonotonic.noteCancelled();
    own.delete(id);
    if (own.size === 0) {
      this.#byActor.delete(actorNo);
    }
    return true;
  }

  find(actorNo: number, id: string): Timer | undefined {
    return this.#byActor.get(actorNo)?.get(id);
  }

  idsOf(actorNo: number): string[] {
    return [...(this.#byActor.get(actorNo)?.keys() ?? [])];
  }

  /** Sets the alarm to the next due timer. To be called when what was armed is durable. */
  setAlarm(): void {
    this.#running = true;
    const [wall, monotonic] = [this.#byWall.first(), this.#byMonotonic.first()];
    if (wall === undefined || monotonic === undefined) {
      this.#clearAlarm();
      return;
    }
    const now = this.#clock.monotonic();
    const wait = Math.max(0, Math.min(this.#remaining(wall), this.#remaining(monotonic), longestSleepMs));
    if (this.#alarm !== undefined && this.#alarmAt <= now + wait) {
      return;
    }
    this.#clearAlarm();
    this.#alarmAt = now + wait;
    this.#alarm = this.#clock.setTimeout(() => this.#ring(), Math.ceil(wait));
  }

  stop(): void {
    this.#running = false;
    this.#clearAlarm();
  }

  #clearAlarm(): void {
    if (this.#alarm !== undefined) {
      this.#clock.clearTimeout(this.#alarm);
      this.#alarm = undefined;
      this.#alarmAt = Number.POSITIVE_INFINITY;
    }
  }

  #remaining(timer: Timer): number {
    return Math.min(timer.dueAt - this.#clock.now(), timer.dueMonotonic - this.#clock.monotonic());
  }

  #ring(): void {
    this.#alarm = undefined;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    // What is armed by what fires waits for the next ring, as with setTimeout: timers without delay that arm each other
    // would hold up all else, their own commit included.
    const newest = this.#newestSeq;
    for (let next = this.#due(newest); next !== undefined && this.#running; next = this.#due(newest)) {
      try {
        this.#fire(next);
      } catch (error) {
        // Its own fault: the others fire all the same. It stays in the store, and is due again at the next start.
        reportUnhandled(error);
      } finally {
        if (!next.cancelled) {
          this.disarm(next.actorNo, next.id);
        }
      }
    }
    if (this.#running) {
      this.setAlarm();
    }
  }

  #due(newestSeq: number): Timer | undefined {
    return [this.#byWall.first(), this.#byMonotonic.first()].find(
      (timer) => timer !== undefined && timer.seq <= newestSeq && this.#remaining(timer) <= 0,
    );
  }
}

function isBefore(due: number, otherDue: number, timer: Timer, other: Timer): boolean {
  return due < otherDue || (due === otherDue && timer.seq < other.seq);
}
