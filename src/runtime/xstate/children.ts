/**
 * The way around XState's quadratic children (I10). `spawnChild` and `stopChild` copy the parent's whole `children`
 * map; from `sharedFrom` children on, Pawl changes one map in place instead. Up to there nothing differs from XState.
 * Beyond it, a snapshot that somebody kept shows children that came later: it is the one thing given up.
 */
import type { AnyMachineSnapshot, AnyStateMachine, Snapshot } from "xstate";
import {
  type ActorScope,
  childErrorPrefix,
  childrenOf,
  type InternalActor,
  processing,
  stopEvent,
} from "./internals.ts";
import { isDurableSystem } from "./system.ts";

const sharedFrom = 64;
const sharedMaps = new WeakSet<object>();

type ChildrenMap = Record<string, InternalActor>;
type Resolve = (
  scope: ActorScope,
  snapshot: AnyMachineSnapshot,
  args: unknown,
  params: unknown,
  action: BuiltinAction,
  extra: unknown,
) => [AnyMachineSnapshot, unknown, unknown[] | undefined];

interface BuiltinAction {
  readonly type: string;
  resolve: Resolve;
}

/** Makes sure that the actions of a machine do not copy large maps. Safe to call again. */
export function linearise(machine: AnyStateMachine): void {
  for (const action of Object.values(machine.implementations.actions)) {
    lineariseAction(action);
  }
  for (const node of machine.root ? nodesOf(machine.root as unknown as StateNodeView) : []) {
    const transitions = [...node.transitions.values()].flat();
    const lists = [
      node.entry,
      node.exit,
      ...transitions.map((t) => t.actions),
      ...(node.always ?? []).map((t) => t.actions),
    ];
    for (const action of lists.flat()) {
      lineariseAction(action);
    }
    for (const action of node.initial?.actions ?? []) {
      lineariseAction(action);
    }
  }
}

interface StateNodeView {
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
  readonly transitions: Map<string, { readonly actions: readonly unknown[] }[]>;
  readonly always?: readonly { readonly actions: readonly unknown[] }[];
  readonly initial?: { readonly actions: readonly unknown[] };
  readonly states: Record<string, StateNodeView>;
}

function* nodesOf(node: StateNodeView): Generator<StateNodeView> {
  yield node;
  for (const child of Object.values(node.states)) {
    yield* nodesOf(child);
  }
}

const linearised = new WeakSet<object>();

function lineariseAction(action: unknown): void {
  if (typeof action !== "function" || !("resolve" in action) || linearised.has(action)) {
    return;
  }
  if (Object.isFrozen(action)) {
    // Whoever freezes the config of a machine gets XState's own way.
    return;
  }
  linearised.add(action);
  const builtin = action as unknown as BuiltinAction;
  const original = builtin.resolve;
  const linear = linearResolve(builtin.type, original);
  if (linear !== undefined) {
    // The same action object serves plain XState in the same process, which keeps its own way.
    builtin.resolve = (scope, ...rest) =>
      isDurableSystem(scope.system) ? linear(scope, ...rest) : original(scope, ...rest);
  }
}

function linearResolve(type: string, original: Resolve): Resolve | undefined {
  switch (type) {
    case "xstate.spawnChild":
      return (scope, snapshot, ...rest) => {
        const [next, params] = original(scope, withChildren(snapshot, {}), ...rest);
        const { actorRef } = params as { actorRef?: InternalActor };
        return [withChildren(next, added(childrenOf(snapshot), actorRef, childrenOf(next))), params, undefined];
      };
    case "xstate.assign":
      return (scope, snapshot, ...rest) => {
        const children = childrenOf(snapshot);
        if (!sharedMaps.has(children)) {
          const result = original(scope, snapshot, ...rest);
          const after = childrenOf(result[0]);
          if (after !== children) {
            shareIfLarge(after);
          }
          return result;
        }
        const [next, params, more] = original(scope, withChildren(snapshot, noChildren), ...rest);
        const spawned = childrenOf(next);
        return [withChildren(next, spawned === noChildren ? children : merged(children, spawned)), params, more];
      };
    case "xstate.stopChild":
      return (scope, snapshot, ...rest) => {
        const children = childrenOf(snapshot);
        if (!sharedMaps.has(children)) {
          return original(scope, snapshot, ...rest);
        }
        const [, child, more] = original(scope, withChildren(snapshot, lookupOnly(children)), ...rest);
        if (child !== undefined) {
          delete (children as ChildrenMap)[(child as InternalActor).id];
        }
        return [withChildren(snapshot, children), child, more];
      };
    case "xstate.enqueueActions":
      return (scope, snapshot, ...rest) => {
        const result = original(scope, snapshot, ...rest);
        for (const action of result[2] ?? []) {
          lineariseAction(action);
        }
        return result;
      };
    default:
      return undefined;
  }
}

const noChildren: ChildrenMap = {};

/** `stopChild("id")` looks the child up and then copies the map: here the copy is empty. */
function lookupOnly(children: Readonly<ChildrenMap>): ChildrenMap {
  return Object.create(children) as ChildrenMap;
}

function withChildren(snapshot: AnyMachineSnapshot, children: Readonly<ChildrenMap>): AnyMachineSnapshot {
  return { ...snapshot, children } as AnyMachineSnapshot;
}

function added(
  children: Readonly<ChildrenMap>,
  actorRef: InternalActor | undefined,
  spawned: Readonly<ChildrenMap>,
): Readonly<ChildrenMap> {
  // Without an id XState files every anonymous child under "undefined"; here each keeps its own stable one.
  return merged(children, actorRef === undefined ? spawned : { [actorRef.id]: actorRef });
}

function merged(children: Readonly<ChildrenMap>, spawned: Readonly<ChildrenMap>): Readonly<ChildrenMap> {
  if (sharedMaps.has(children)) {
    return Object.assign(children as ChildrenMap, spawned);
  }
  return shareIfLarge({ ...children, ...spawned });
}

/** An `invoke` copies a shared map: the size tells, not the mark. */
const isLarge = (children: Readonly<ChildrenMap>): boolean => Object.keys(children).length >= sharedFrom;

/** Marks a map as changed in place once it is large. */
export function shareIfLarge(children: Readonly<ChildrenMap>): Readonly<ChildrenMap> {
  if (isLarge(children)) {
    sharedMaps.add(children);
  }
  return children;
}

/**
 * XState stops the children of an ending machine one by one, with a copy each. To be called before a transition that
 * may end it: stops them in XState's order and leaves it none to stop.
 */
export function stopLargeFamilyBefore<S extends Snapshot<unknown>>(
  snapshot: S,
  event: { readonly type: string },
  scope: ActorScope,
): S {
  if (event.type !== stopEvent && !event.type.startsWith(childErrorPrefix)) {
    return snapshot;
  }
  const children = childrenOf(snapshot);
  if (!isLarge(children)) {
    return snapshot;
  }
  const machineSnapshot = snapshot as unknown as AnyMachineSnapshot;
  const ends =
    event.type === stopEvent || machineSnapshot.machine.getTransitionData(machineSnapshot, event).length === 0;
  return ends ? { ...snapshot, children: stopAll(children, scope) } : snapshot;
}

const heldBack = new WeakMap<object, Readonly<ChildrenMap>>();

/** The same for a machine that has just reached its end; XState goes on with this very snapshot object. */
export function stopLargeFamilyOf(snapshot: AnyMachineSnapshot, scope: ActorScope): void {
  if (snapshot.status === "active") {
    return;
  }
  const children = childrenOf(snapshot as Snapshot<unknown>);
  if (isLarge(children)) {
    heldBack.set(snapshot, children);
    (snapshot as { children: ChildrenMap }).children = stopAll(children, scope);
  }
}

/** To be called after a transition: in XState a machine that reached its end goes on showing the children it had. */
export function giveFamilyBack(snapshot: Snapshot<unknown>): Snapshot<unknown> {
  const children = snapshot.status === "active" ? undefined : heldBack.get(snapshot);
  if (children !== undefined) {
    heldBack.delete(snapshot);
    (snapshot as Snapshot<unknown> & { children: Readonly<ChildrenMap> }).children = children;
  }
  return snapshot;
}

function stopAll(children: Readonly<ChildrenMap>, scope: ActorScope): ChildrenMap {
  for (const child of Object.values(children)) {
    unregister(child);
    if (child._processingStatus === processing.running) {
      scope.defer(() => scope.stopChild(child));
    } else {
      scope.stopChild(child);
    }
  }
  return {};
}

/** Depth first, so that a system id is free again for an actor that is made in the same step. */
function unregister(actor: InternalActor): void {
  for (const child of Object.values(childrenOf(actor.getSnapshot()))) {
    unregister(child);
  }
  actor.system._unregister(actor);
}
