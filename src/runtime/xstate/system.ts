import type { InspectionEvent } from "xstate";
import type { InternalActor, InternalScheduler, InternalSystem, MicrostepEvent, SystemEvent } from "./internals.ts";

/** What the runtime wants to know of, and decide in, an actor system. */
export interface SystemHost {
  /** The number of the next actor. */
  bookNo(): number;
  /** An actor is being made: its logic may still be replaced. Throws to refuse it. */
  actorMade(actor: InternalActor): void;
  microstepTaken(event: MicrostepEvent): void;
  /** An actor ended, or its parent let go of it. */
  unregistered(actor: InternalActor): void;
  /** False swallows the event. Throws when nothing is accepted any more. */
  admits(target: InternalActor, eventType: string): boolean;
  readonly scheduler: InternalScheduler;
  readonly logger: (...args: unknown[]) => void;
  readonly inspectors: ReadonlySet<(event: InspectionEvent) => void>;
}

const durableSystems = new WeakSet<object>();

/** Whether a system was made here; by any runtime of the process, because machines are shared between them. */
export function isDurableSystem(system: object): boolean {
  return durableSystems.has(system);
}

/**
 * XState's actor system, with the runtime in the three places that all traffic passes: making an actor, a microstep,
 * an event on its way. A root made with `{ parent: { system } }` takes it for its own.
 */
export function createSystem(host: SystemHost): InternalSystem {
  const keyed = new Map<string, InternalActor>();
  const systemIds = new WeakMap<InternalActor, string>();
  const observers = new Set<(event: InspectionEvent) => void>();
  let rootId: string | undefined;

  const observe = (event: SystemEvent): void => {
    const inspected = { ...event, rootId } as unknown as InspectionEvent;
    for (const observer of observers) {
      observer(inspected);
    }
    for (const observer of host.inspectors) {
      observer(inspected);
    }
  };

  const system: InternalSystem = {
    _bookId: () => `x:${host.bookNo()}`,
    _register: (sessionId) => sessionId,
    _unregister: (actor) => {
      host.unregistered(actor);
      const systemId = systemIds.get(actor);
      if (systemId !== undefined) {
        keyed.delete(systemId);
        systemIds.delete(actor);
      }
    },
    _set: (systemId, actor) => {
      const existing = keyed.get(systemId);
      if (existing !== undefined && existing !== actor) {
        throw new Error(`Actor with system ID '${systemId}' already exists.`);
      }
      keyed.set(systemId, actor);
      systemIds.set(actor, systemId);
    },
    get: (systemId) => keyed.get(systemId),
    getAll: () => Object.fromEntries(keyed),
    inspect: (observerOrFunction) => {
      const observer =
        typeof observerOrFunction === "function"
          ? observerOrFunction
          : (event: InspectionEvent) => observerOrFunction.next?.(event);
      observers.add(observer);
      return { unsubscribe: () => observers.delete(observer) };
    },
    _sendInspectionEvent: (event) => {
      if (event.type === "@xstate.microstep") {
        host.microstepTaken(event);
      } else if (event.type === "@xstate.actor") {
        rootId ??= event.actorRef.sessionId;
        host.actorMade(event.actorRef);
      }
      if (observers.size > 0 || host.inspectors.size > 0) {
        observe(event);
      }
    },
    _relay: (source, target, event) => {
      if (!host.admits(target, event.type)) {
        return;
      }
      if (observers.size > 0 || host.inspectors.size > 0) {
        observe({ type: "@xstate.event", sourceRef: source, actorRef: target, event } as unknown as SystemEvent);
      }
      target._send(event);
    },
    scheduler: host.scheduler,
    getSnapshot: () => ({ _scheduledEvents: {} }),
    start: () => undefined,
    _snapshot: { _scheduledEvents: {} },
    _clock: {
      setTimeout: () => {
        throw new Error("timers of a durable actor go through its scheduler");
      },
      clearTimeout: () => undefined,
    },
    _logger: host.logger,
  };
  durableSystems.add(system);
  return system;
}
