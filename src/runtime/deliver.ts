import type { Actor, AnyActorLogic, AnyEventObject, Snapshot } from "xstate";
import { GuardRejected, InvalidTransitionError, TerminalStateViolation } from "../base/errors/index.ts";
import { idempotencyKeyOf } from "./arguments.ts";
import { recordRefusal } from "./audit.ts";
import type { Engine } from "./engine.ts";
import { entityId } from "./entity-rows.ts";
import type { Live } from "./live.ts";
import { refuseLarge } from "./size.ts";
import { stateOf } from "./view.ts";
import { type InternalActor, isMachine, isMachineSnapshot, kindOf, processing } from "./xstate/internals.ts";

export interface DeliverOptions {
  /** A second delivery to the same actor under this key does nothing and resolves like the first. */
  readonly idempotencyKey?: string | undefined;
}

/**
 * Sends an event that the actor must accept; resolves with its snapshot when the outcome is durable.
 * @throws InvalidTransitionError, GuardRejected, TerminalStateViolation when it does not accept it; the refusal is
 *   durable in the log by then (I5)
 */
export async function deliver(
  engine: Engine,
  live: Live,
  event: AnyEventObject,
  options: DeliverOptions,
): Promise<Snapshot<unknown>> {
  engine.refuseIfClosed();
  const idempotencyKey = idempotencyKeyOf(live.id, options);
  checkSize(live, event);
  live.type.entity?.checkEvent?.(event, live.id);
  if (engine.cascades.areRunning) {
    // An action or an observer delivers: what is accepted, and which keys were taken, is known once its cascade is over.
    await Promise.resolve();
    engine.refuseIfClosed();
  }
  if (idempotencyKey !== undefined) {
    if (engine.commits.hasDelivery(live.no, idempotencyKey)) {
      await engine.commits.whenDurable();
      return live.actor.getSnapshot();
    }
    if (engine.options.store.wasDelivered(live.no, idempotencyKey)) {
      return live.actor.getSnapshot();
    }
  }
  startIfHeld(live.actor);
  const snapshot = live.actor.getSnapshot();
  const place = { entity: live.type.name || live.kind, id: entityId(live), from: live.state || snapshot.status };
  const refusal = refusalOf(snapshot, place, event);
  if (refusal !== undefined) {
    recordRefusal(engine, live, { ...event, type: typeOf(event) }, refusal.message);
    await engine.commits.whenDurable();
    throw refusal;
  }
  live.actor.system._relay(undefined, live.actor, event);
  if (idempotencyKey !== undefined) {
    engine.group().addDelivery({ actorNo: live.no, idempotencyKey, at: engine.clock.now() });
  }
  await engine.commits.whenDurable();
  return live.actor.getSnapshot();
}

/**
 * The same for an actor that no store knows: nothing of it is durable. `taken` are the keys of before.
 * @throws InvalidTransitionError, GuardRejected, TerminalStateViolation, PawlError IDEMPOTENCY_KEY_INVALID
 */
async function deliverHere(
  actor: InternalActor,
  event: AnyEventObject,
  options: DeliverOptions,
  taken: Set<string>,
): Promise<Snapshot<unknown>> {
  const { id, logic } = actor;
  const key = idempotencyKeyOf(id, options);
  if (actor.mailbox._current !== null) {
    await Promise.resolve();
  }
  startIfHeld(actor);
  if (key !== undefined && taken.has(key)) {
    return actor.getSnapshot();
  }
  const snapshot = actor.getSnapshot();
  const place = { entity: isMachine(logic) ? logic.id : kindOf(logic), id, from: stateOf(snapshot) || snapshot.status };
  const refusal = refusalOf(snapshot, place, event);
  if (refusal !== undefined) {
    throw refusal;
  }
  if (key !== undefined) {
    // First: an observer may deliver under it too.
    taken.add(key);
  }
  actor.system._relay(undefined, actor, event);
  return actor.getSnapshot();
}

/** Else the event would wait in the mailbox, where it has no outcome and is not durable. */
function startIfHeld(actor: InternalActor): void {
  if (actor._processingStatus === processing.notStarted && actor.getSnapshot().status === "active") {
    actor.start();
  }
}

/** Entities are small; what is large belongs into a file that they name. Others pay nothing for the look. */
function checkSize(live: Live, event: AnyEventObject): void {
  if (live.type.entity !== undefined) {
    refuseLarge(live.id, `the event ${event.type}`, event);
  }
}

/** What comes from outside may be anything. */
const isEvent = (event: AnyEventObject | null): boolean => typeof event?.type === "string";

const typeOf = (event: AnyEventObject | null): string => String(event?.type);

interface Place {
  readonly entity: string;
  readonly id: string;
  readonly from: string;
}

function refusalOf(
  snapshot: Snapshot<unknown>,
  place: Place,
  event: AnyEventObject,
): InvalidTransitionError | undefined {
  if (snapshot.status !== "active") {
    // Where it failed or was stopped is no end of its machine: that it has ended is.
    const from = snapshot.status === "done" ? place.from : snapshot.status;
    return new TerminalStateViolation({ ...place, from, trigger: typeOf(event) });
  }
  if (!isMachineSnapshot(snapshot)) {
    const invalid = { ...place, trigger: typeOf(event), allowed: "events with a type" };
    return isEvent(event) ? undefined : new InvalidTransitionError("INVALID_TRANSITION", invalid);
  }
  let taken: readonly { readonly target?: unknown; readonly actions: readonly unknown[] }[];
  try {
    taken = isEvent(event) ? snapshot.machine.getTransitionData(snapshot, event) : [];
  } catch {
    // A guard that throws is an error of the actor, as in XState: the event goes its way.
    return undefined;
  }
  if (taken.some((transition) => transition.target !== undefined || transition.actions.length > 0)) {
    return undefined;
  }
  const nodes = snapshot._nodes as readonly { readonly ownEvents: readonly string[] }[];
  const accepted = [...new Set(nodes.flatMap((node) => node.ownEvents))];
  // One that is enabled and does nothing is XState's way to forbid an event.
  if (taken.length === 0 && accepted.includes(typeOf(event))) {
    return new GuardRejected({ ...place, trigger: event.type, guard: guardOf(snapshot, event.type) });
  }
  const allowed = accepted.filter((type) => !type.startsWith("xstate.")).join(", ");
  return new InvalidTransitionError("INVALID_TRANSITION", {
    ...place,
    trigger: typeOf(event),
    allowed: allowed === "" ? "none" : allowed,
  });
}

interface GuardedTransition {
  readonly guard?: unknown;
  readonly meta?: { readonly guard?: unknown };
}

/** In the words of the machine's author where there are some, else the guard's name. */
function guardOf(snapshot: { readonly _nodes: readonly unknown[] }, type: string): string {
  const nodes = snapshot._nodes as readonly { readonly transitions: Map<string, readonly GuardedTransition[]> }[];
  const guards = nodes.flatMap((node) => node.transitions.get(type) ?? []);
  const words = guards.map(({ guard, meta }) => {
    if (typeof meta?.guard === "string") {
      return meta.guard;
    }
    return typeof guard === "string"
      ? guard
      : ((guard as { type?: string; name?: string } | undefined)?.type ?? "its guard");
  });
  return [...new Set(words)].join(" or ");
}

type Deliver = (event: { readonly type: string }, options: DeliverOptions) => Promise<Snapshot<unknown>>;

/** Gives an actor its `deliver`. */
export function withDeliver(actor: Actor<AnyActorLogic>, send: Deliver): Actor<AnyActorLogic> {
  return Object.assign(actor, {
    deliver: (event: { readonly type: string }, options: DeliverOptions = {}) => send(event, options),
  });
}

/** The same for one that no store knows. */
export function withDeliverHere(actor: Actor<AnyActorLogic>): Actor<AnyActorLogic> {
  const taken = new Set<string>();
  return withDeliver(actor, (event, options) => deliverHere(actor as unknown as InternalActor, event, options, taken));
}
