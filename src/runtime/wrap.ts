/** What an actor of the runtime runs instead of its logic: the same, with the record kept and outside work put off. */
import type { AnyEventObject, Snapshot } from "xstate";
import { reorderNodes } from "./view.ts";
import { giveFamilyBack, shareIfLarge, stopLargeFamilyBefore } from "./xstate/children.ts";
import {
  type ActorScope,
  childrenOf,
  type InternalActor,
  type InternalLogic,
  type LogicKind,
  stopEvent,
} from "./xstate/internals.ts";

export interface WrapHost {
  made(actor: InternalActor, snapshot: Snapshot<unknown>): void;
  transitioned(actor: InternalActor, event: AnyEventObject, next: Snapshot<unknown>): void;
  failed(actor: InternalActor): void;
  /** Puts the start of outside work into the coming commit. */
  putOff(actor: InternalActor): void;
  hasBegun(actor: InternalActor): boolean;
  /** Keeps an event for one whose work has not begun. */
  keepEvent(actor: InternalActor, event: AnyEventObject): void;
}

export function wrapLogic(logic: InternalLogic, kind: LogicKind, host: WrapHost): InternalLogic {
  const run = kind === "machine" ? machineTransition(logic) : outsideTransition(logic, kind, host);
  // Inherits all else, `config` and `definition` for the inspector among it.
  const wrapped = Object.create(logic) as { -readonly [K in keyof InternalLogic]: InternalLogic[K] };
  // One of a class of its own may have private members, which no other object has.
  wrapped.getPersistedSnapshot = (...args) => logic.getPersistedSnapshot(...args);
  const { restoreSnapshot } = logic;
  if (restoreSnapshot !== undefined) {
    wrapped.restoreSnapshot = (...args) => restoreSnapshot.apply(logic, args);
  }
  wrapped.transition = (snapshot, event, scope) => {
    let next: Snapshot<unknown>;
    try {
      next = run(snapshot, event, scope);
      host.transitioned(scope.self, event, next);
    } catch (error) {
      host.failed(scope.self);
      throw error;
    }
    return next;
  };
  wrapped.getInitialSnapshot = (scope, input) => {
    try {
      const snapshot = giveFamilyBack(logic.getInitialSnapshot(scope, input));
      host.made(scope.self, snapshot);
      return snapshot;
    } catch (error) {
      host.failed(scope.self);
      throw error;
    }
  };
  if (kind === "machine") {
    wrapped.restoreSnapshot = (snapshot, scope) => restoreMachine(logic, snapshot, scope);
  } else if (kind !== "pure") {
    wrapped.start = (snapshot, scope) => {
      if (snapshot.status === "active") {
        host.putOff(scope.self);
      }
    };
  }
  return wrapped;
}

type Transition = InternalLogic["transition"];

function machineTransition(logic: InternalLogic): Transition {
  return (snapshot, event, scope) =>
    giveFamilyBack(logic.transition(stopLargeFamilyBefore(snapshot, event, scope), event, scope));
}

function outsideTransition(logic: InternalLogic, kind: LogicKind, host: WrapHost): Transition {
  if (kind === "pure" || kind === "promise") {
    return (...args) => logic.transition(...args);
  }
  return (snapshot, event, scope) => {
    if (host.hasBegun(scope.self)) {
      return logic.transition(snapshot, event, scope);
    }
    // Not begun yet: there is no subscription to end and nobody to receive.
    if (event.type === stopEvent) {
      return { ...snapshot, status: "stopped", error: undefined } as Snapshot<unknown>;
    }
    if (kind !== "observable") {
      host.keepEvent(scope.self, event);
    }
    return snapshot;
  };
}

function restoreMachine(logic: InternalLogic, snapshot: Snapshot<unknown>, scope: ActorScope): Snapshot<unknown> {
  if (!("value" in snapshot)) {
    // It threw before it had a state; there is nothing to resolve.
    return snapshot;
  }
  // From what was stored: XState keeps no member that it does not know, and takes data of the context that looks like
  // an actor in JSON for one.
  const { nodes, context } = snapshot as { readonly nodes?: readonly string[]; readonly context?: unknown };
  const bare: object = { ...snapshot, context: {} };
  const restored = logic.restoreSnapshot?.(bare as Snapshot<unknown>, scope) ?? snapshot;
  shareIfLarge(childrenOf(restored));
  const { nodes: _, ...rest } = restored as Snapshot<unknown> & { readonly nodes?: readonly string[] };
  Object.assign(rest, { context });
  reorderNodes(rest as Snapshot<unknown>, nodes);
  return rest as Snapshot<unknown>;
}
