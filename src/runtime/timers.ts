import type { Clock } from "../base/time.ts";

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

/** All armed timers on one alarm: a heap by due time, not a handle each. */
export class Timers {
  readonly #clock: Clock;
  readonly #fire: (timer: Timer) => void;
  readonly #byActor = new Map<number, Map<string, Timer>>();
  readonly #heap: Timer[] = [];
  #alarm: unknown;
  #alarmAt = Number.POSITIVE_INFINITY;
  #running = false;

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
    this.#push(timer);
  }

  disarm(actorNo: number, id: string): boolean {
    const own = this.#byActor.get(actorNo);
    const timer = own?.get(id);
    if (own === undefined || timer === undefined) {
      return false;
    }
    // Left in the heap and skipped when its turn comes: taking it out would cost a search.
    timer.cancelled = true;
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
    this.#dropCancelled();
    const next = this.#heap[0];
    if (next === undefined) {
      this.#clearAlarm();
      return;
    }
    const now = this.#clock.monotonic();
    const wait = Math.max(0, Math.min(this.#remaining(next), longestSleepMs));
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
    for (let next = this.#due(); next !== undefined && this.#running; next = this.#due()) {
      this.disarm(next.actorNo, next.id);
      this.#pop();
      this.#fire(next);
    }
    if (this.#running) {
      this.setAlarm();
    }
  }

  #due(): Timer | undefined {
    this.#dropCancelled();
    const next = this.#heap[0];
    return next !== undefined && this.#remaining(next) <= 0 ? next : undefined;
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled === true) {
      this.#pop();
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(heap[index]!, heap[parent]!)) {
        break;
      }
      swap(heap, index, parent);
      index = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) {
      return;
    }
    heap[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let first = index;
      if (left < heap.length && before(heap[left]!, heap[first]!)) {
        first = left;
      }
      if (right < heap.length && before(heap[right]!, heap[first]!)) {
        first = right;
      }
      if (first === index) {
        return;
      }
      swap(heap, index, first);
      index = first;
    }
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.seq < b.seq);
}

function swap(heap: Timer[], i: number, j: number): void {
  const held = heap[i]!;
  heap[i] = heap[j]!;
  heap[j] = held;
}
