import type { AnyEventObject, InspectionEvent } from "xstate";
import { refuseNoEvent } from "../arguments.ts";
import type { Cascades } from "../cascades.ts";
import { reportUnhandled } from "../unhandled.ts";
import type { InternalActor, InternalScheduler, InternalSystem, MicrostepEvent, SystemEvent } from "./internals.ts";

/** What the runtime wants to know of, and decide in, its actor systems. */
export interface SystemHost {
  /** The number of the next actor. */
  bookNo(): number;
  /** An actor is being made: its logic may still be replaced. Throws to refuse it. */
  actorMade(actor: InternalActor): void;
  /** What was being made is given up before it had a snapshot: its system id is taken, or an inspector threw. */
  notMade(actor: InternalActor): void;
  microstepTaken(event: MicrostepEvent): void;
  /** An actor is being started: its actions and its work follow. */
  started(actor: InternalActor): void;
  /** An actor ended, or its parent let go of it. */
  unregistered(actor: InternalActor): void;
  /** Runs an action once what its transition changed is durable. */
  putOff(action: () => void): void;
  /** False swallows the event. Throws when nothing is accepted any more and it comes from outside, without a source. */
  admits(source: InternalActor | undefined, eventType: string): boolean;
  /** An event reaches an actor. False swallows it: nothing changes any more. */
  receives(actor: InternalActor): boolean;
  readonly cascades: Pick<Cascades, "enter" | "leave">;
  readonly scheduler: InternalScheduler;
  readonly logger: (...args: unknown[]) => void;
  readonly inspectors: ReadonlySet<(event: InspectionEvent) => void>;
}

type Observer = (event: InspectionEvent) => void;
/** XState takes both for an observer; inspectors like Stately's are the second. */
export type Inspect = Observer | { next?: Observer | undefined };

/** Another one each time: who inspects twice with one function ends one of the two. */
export const observerOf =
  (inspect: Inspect): Observer =>
  (event) =>
    typeof inspect === "function" ? inspect(event) : inspect.next?.(event);

/** A durable actor has no timers of its own: all go through the scheduler. */
const noClock = {
  setTimeout: () => {
    throw new Error("timers of a durable actor go through its scheduler");
  },
  clearTimeout: () => undefined,
};

/** Whether a system was made here; by any runtime of the process, because machines are shared between them. */
export function isDurableSystem(system: object): system is DurableSystem {
  return system instanceof DurableSystem;
}

/**
 * XState's actor system, with the runtime in the places that all traffic passes: making an actor, a microstep, an
 * event on its way. A root made with `{ parent: { system } }` takes it for its own. One for each root: it must be
 * small, so what few roots need is made when it is first used.
 */
export class DurableSystem implements InternalSystem {
  readonly _clock = noClock;
  readonly _snapshot = { _scheduledEvents: {} };
  readonly scheduler: InternalScheduler;
  readonly _logger: (...args: unknown[]) => void;
  readonly #host: SystemHost;
  #keyed: Map<string, InternalActor> | undefined;
  #observers: Set<Observer> | undefined;
  #given: Set<Inspect> | undefined;
  #rootId: string | undefined;

  /** `inspect` is what `createActor` was given: it hears of the root itself, and of what is made with it. */
  constructor(host: SystemHost, inspect?: Inspect | null) {
    this.#host = host;
    this.scheduler = host.scheduler;
    this._logger = host.logger;
    this.inspectOnce(inspect);
  }

  _bookId(): string {
    return `x:${this.#host.bookNo()}`;
  }

  _register(sessionId: string, actor: InternalActor): string {
    this.#host.started(actor);
    return sessionId;
  }

  _unregister(actor: InternalActor): void {
    this.#host.unregistered(actor);
    const { systemId } = actor;
    if (systemId !== undefined && this.#keyed?.get(systemId) === actor) {
      this.#keyed.delete(systemId);
    }
  }

  _set(systemId: string, actor: InternalActor): void {
    this.#keyed ??= new Map();
    const existing = this.#keyed.get(systemId);
    if (existing !== undefined && existing !== actor) {
      this.#host.notMade(actor);
      throw new Error(`Actor with system ID '${systemId}' already exists.`);
    }
    this.#keyed.set(systemId, actor);
  }

  get(systemId: string): InternalActor | undefined {
    return this.#keyed?.get(systemId);
  }

  getAll(): Record<string, InternalActor> {
    return Object.fromEntries(this.#keyed ?? []);
  }

  inspect(inspect: Inspect): { unsubscribe(): void } {
    const observer = observerOf(inspect);
    this.#observers ??= new Set();
    this.#observers.add(observer);
    return { unsubscribe: () => this.#observers?.delete(observer) };
  }

  /** What `createActor` was given, which may ask for one actor again and again: it hears of each event once. */
  inspectOnce(inspect: Inspect | null | undefined): void {
    if (inspect !== undefined && inspect !== null && this.#given?.has(inspect) !== true) {
      this.#given ??= new Set();
      this.#given.add(inspect);
      this.inspect(inspect);
    }
  }

  _sendInspectionEvent(event: SystemEvent): void {
    if (event.type === "@xstate.microstep") {
      this.#host.microstepTaken(event);
    } else if (event.type === "@xstate.actor") {
      this.#rootId ??= event.actorRef.sessionId;
      this.#host.actorMade(event.actorRef);
    }
    this.#observe(event);
  }

  /** @throws PawlError EVENT_INVALID to who is outside; among actors it is an error of one of them, as in XState */
  _relay(source: InternalActor | undefined, target: InternalActor, event: AnyEventObject): void {
    if (source === undefined) {
      refuseNoEvent(target.id, event);
    }
    if (!this.#host.admits(source, event.type)) {
      return;
    }
    if (this.#isObserved()) {
      this.#observe({ type: "@xstate.event", sourceRef: source, actorRef: target, event } as unknown as SystemEvent);
    }
    target._send(event);
  }

  /** What comes to one of its actors, by way of this system or of that of an actor of nobody. */
  receive(actor: InternalActor, send: InternalActor["_send"], event: AnyEventObject): void {
    const { cascades } = this.#host;
    if (!this.#host.receives(actor)) {
      return;
    }
    cascades.enter();
    try {
      send.call(actor, event);
    } finally {
      cascades.leave();
    }
  }

  putOff(action: () => void): void {
    this.#host.putOff(action);
  }

  getSnapshot(): { _scheduledEvents: Record<string, unknown> } {
    return { _scheduledEvents: {} };
  }

  start(): void {
    // Timers are armed by the runtime, from the store.
  }

  #isObserved(): boolean {
    return this.#observers !== undefined || this.#host.inspectors.size > 0;
  }

  #observe(event: SystemEvent): void {
    if (!this.#isObserved()) {
      return;
    }
    const inspected = { ...event, rootId: this.#rootId } as unknown as InspectionEvent;
    for (const observer of [...(this.#observers ?? []), ...this.#host.inspectors]) {
      try {
        observer(inspected);
      } catch (error) {
        // Who only looks on must not end an actor, nor make a delivery fail that happened. One that throws when it is
        // told of a snapshot leaves the mailbox as it is in XState: the actor would take no event any more.
        reportUnhandled(error);
      }
    }
  }
}

/** An actor of another system sends past this one: each actor of this one has this in place of its own `_send`. */
export function receiveThroughSystem(this: InternalActor, event: AnyEventObject): void {
  const { _send: send } = Object.getPrototypeOf(this) as InternalActor;
  (this.system as DurableSystem).receive(this, send, event);
}
