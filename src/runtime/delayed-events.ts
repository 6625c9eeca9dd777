import type { AnyEventObject } from "xstate";
import type { Clock } from "../base/time.ts";
import type { TimerRow } from "../store/port.ts";
import { decode, encode, foreign, notSerializable } from "./codec.ts";
import type { Group } from "./group.ts";
import { type Live, liveOf } from "./live.ts";
import { Unserializable } from "./refused-values.ts";
import { type Timer, Timers } from "./timers.ts";
import type { InternalActor, InternalScheduler } from "./xstate/internals.ts";

/** The timer that starts the next attempt of an effect. */
const retryTimer = "pawl.retry";

/** The last one that a Date knows, in milliseconds since 1970. */
const lastMoment = 8.64e15;

/** Stands in no id that a person writes. */
const unnamed = "\u0001";

export interface DelayedEventsContext {
  readonly clock: Clock;
  /** The number of the next timer. */
  readonly nextSeq: number;
  /** Now, in milliseconds since 1970; never before what was recorded last. */
  recordedMs(): number;
  group(): Group;
  schedule(): void;
  liveOrWoken(actorNo: number): Live | undefined;
  /** What a stored reference leads to. */
  reference(actorNo: number): InternalActor | undefined;
  /** Makes the next attempt of an effect. */
  retry(live: Live): void;
}

/** `after`, `raise` and `sendTo` with a delay, and the waits of effects: rows in the store, on one alarm (I4). */
export class DelayedEvents {
  readonly timers: Timers;
  readonly #context: DelayedEventsContext;
  #nextSeq: number;

  constructor(context: DelayedEventsContext) {
    this.#context = context;
    this.#nextSeq = context.nextSeq;
    this.timers = new Timers(context.clock, (timer) => this.#fire(timer));
  }

  /** What XState schedules with. */
  readonly scheduler: InternalScheduler = {
    schedule: (source, target, event, delay, id) => {
      const from = liveOf(source);
      const to = liveOf(target);
      if (from !== undefined && from.root.numbers.of(target) === undefined) {
        throw notSerializable(from.id, new Unserializable(`target of the delayed event ${event.type}`, foreign));
      }
      // One that is over, and is only shown, takes nothing.
      if (from !== undefined && to !== undefined) {
        // As for setTimeout: one that came too late to wait, such as a time left that is negative, comes before no other.
        const waitMs = Number(delay) < 0 ? 0 : delay;
        this.arm(from, to, event, waitMs, String(id ?? `pawl.${this.#nextSeq}`));
      }
    },
    cancel: (source, given) => {
      // XState makes a text of it, whatever it is.
      const id = String(given);
      const live = liveOf(source);
      if (live !== undefined && this.timers.disarm(live.no, id)) {
        this.#context.group().disarmTimer(live.no, id);
        this.#context.schedule();
      }
    },
    cancelAll: (source) => {
      const live = liveOf(source);
      for (const id of live === undefined ? [] : this.timers.idsOf(live.no)) {
        if (!id.includes(unnamed)) {
          this.scheduler.cancel(source, id);
        }
      }
    },
  };

  /** A wait below 0 is that of one that is overdue already. @throws PawlError NOT_SERIALIZABLE */
  arm(source: Live, target: Live, event: AnyEventObject, delayMs: number, id: string): void {
    const json = storedEvent(source, event);
    this.#letRun(source.no, id);
    const { clock } = this.#context;
    const seq = this.#nextSeq++;
    const now = this.#context.recordedMs();
    // As for setTimeout what is no number is no delay. What never comes would be null in JSON.
    const waitMs = Math.min(Number(delayMs) || 0, lastMoment - now);
    const dueAt = now + Math.max(waitMs, -now);
    const row = { actorNo: source.no, id, targetNo: target.no, event: json, seq, dueAt };
    this.timers.arm({ ...row, dueMonotonic: clock.monotonic() + waitMs, cancelled: false });
    this.#context.group().armTimer(row);
    this.#context.schedule();
  }

  /** Goes on with a timer of the store: what was left of its delay is left, also when the clock was set back meanwhile. */
  restore(row: TimerRow): void {
    const { clock, recordedMs } = this.#context;
    const dueMonotonic = clock.monotonic() + row.dueAt - recordedMs();
    this.timers.arm({ ...row, dueMonotonic, cancelled: false });
  }

  armRetry(live: Live, delayMs: number): void {
    this.arm(live, live, { type: retryTimer }, delayMs, retryTimer);
  }

  isWaitingForRetry(live: Live): boolean {
    return this.timers.idsOf(live.no).includes(retryTimer);
  }

  /**
   * Of two timers with one id XState lets both fire, and only the later one can be cancelled, until the earlier one
   * has fired: from then on neither can, not even by the end of their source. The one that cannot gets a name that
   * nobody knows.
   */
  #letRun(actorNo: number, id: string): void {
    const timer = this.timers.find(actorNo, id);
    if (timer !== undefined) {
      this.timers.disarm(actorNo, id);
      this.#context.group().disarmTimer(actorNo, id);
      const { targetNo, event, seq, dueAt, dueMonotonic } = timer;
      const row = { actorNo, id: `${id}${unnamed}${seq}`, targetNo, event, seq, dueAt };
      this.timers.arm({ ...row, dueMonotonic, cancelled: false });
      this.#context.group().armTimer(row);
    }
  }

  #fire(timer: Timer): void {
    const source = this.#context.liveOrWoken(timer.actorNo);
    const target = this.#context.liveOrWoken(timer.targetNo);
    if (timer.cancelled) {
      // Whom it woke has changed meanwhile, and has another in its place.
      return;
    }
    this.timers.disarm(timer.actorNo, timer.id);
    this.#context.group().disarmTimer(timer.actorNo, timer.id);
    const [id = "", rest] = timer.id.split(unnamed);
    if (rest !== undefined) {
      this.#letRun(timer.actorNo, id);
    }
    this.#context.schedule();
    if (target === undefined) {
      return;
    }
    if (timer.id === retryTimer) {
      this.#context.retry(target);
      return;
    }
    const event = decode(JSON.parse(timer.event), (no) => this.#context.reference(no)) as AnyEventObject;
    target.actor.system._relay(source?.actor, target.actor, event);
  }
}

function storedEvent(source: Live, event: AnyEventObject): string {
  try {
    return JSON.stringify(encode(event, `delayed event ${event.type}`, source.root.numbers.of));
  } catch (error) {
    throw error instanceof Unserializable ? notSerializable(source.id, error) : error;
  }
}
