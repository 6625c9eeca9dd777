/**
 * Everything of XState 5.33.3 that is private and that Pawl relies on. `test/runtime/xstate/internals.test.ts` fails
 * when a release changes any of it; the version is pinned for the same reason.
 */
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  type InspectionEvent,
  type Snapshot,
} from "xstate";

export const initEvent = "xstate.init";
export const stopEvent = "xstate.stop";
export const promiseResolved = "xstate.promise.resolve";
export const promiseRejected = "xstate.promise.reject";
export const childErrorPrefix = "xstate.error.actor";
export const childSnapshotPrefix = "xstate.snapshot.";

/** `Actor._processingStatus`. */
export const processing = { notStarted: 0, running: 1, stopped: 2 } as const;

export interface ActorScope {
  readonly self: InternalActor;
  readonly system: InternalSystem;
  readonly defer: (run: () => void) => void;
  readonly stopChild: (child: InternalActor) => void;
  readonly emit: (event: AnyEventObject) => void;
}

/** XState's `ActorLogic`, with the parts that differ between its kinds. */
export interface InternalLogic {
  readonly config?: unknown;
  readonly transition: (snapshot: Snapshot<unknown>, event: AnyEventObject, scope: ActorScope) => Snapshot<unknown>;
  readonly getInitialSnapshot: (scope: ActorScope, input: unknown) => Snapshot<unknown>;
  readonly getPersistedSnapshot: (snapshot: Snapshot<unknown>, options?: unknown) => Snapshot<unknown>;
  readonly restoreSnapshot?: (snapshot: Snapshot<unknown>, scope: ActorScope) => Snapshot<unknown>;
  readonly start?: (snapshot: Snapshot<unknown>, scope: ActorScope) => void;
}

export interface InternalActor {
  readonly id: string;
  sessionId: string;
  readonly src: string | InternalLogic;
  readonly systemId: string | undefined;
  readonly system: InternalSystem;
  readonly options: { readonly snapshot?: object; readonly input?: unknown; readonly systemId?: unknown };
  readonly observers: Set<unknown>;
  readonly eventListeners: Map<string, Set<unknown>>;
  readonly ref: AnyActorRef;
  logic: InternalLogic;
  _parent: InternalActor | undefined;
  _syncSnapshot: boolean | undefined;
  _snapshot: Snapshot<unknown>;
  _processingStatus: number;
  readonly _actorScope: ActorScope;
  readonly mailbox: { _active: boolean; readonly _current: object | null; start(): void };
  _send(event: AnyEventObject): void;
  _stop(): unknown;
  _error(error: unknown): void;
  start(): unknown;
  getSnapshot(): Snapshot<unknown>;
}

/** What an actor asks of its system (`createSystem` in XState). */
export interface InternalSystem {
  _bookId(): string;
  _register(sessionId: string, actor: InternalActor): string;
  _unregister(actor: InternalActor): void;
  _set(systemId: string, actor: InternalActor): void;
  get(systemId: string): InternalActor | undefined;
  getAll(): Record<string, InternalActor>;
  inspect(observer: ((event: InspectionEvent) => void) | { next?: (event: InspectionEvent) => void }): {
    unsubscribe(): void;
  };
  _sendInspectionEvent(event: SystemEvent): void;
  _relay(source: InternalActor | undefined, target: InternalActor, event: AnyEventObject): void;
  scheduler: InternalScheduler;
  getSnapshot(): { _scheduledEvents: Record<string, unknown> };
  start(): void;
  _snapshot: { _scheduledEvents: Record<string, unknown> };
  _clock: unknown;
  _logger: (...args: unknown[]) => void;
}

export interface InternalScheduler {
  schedule(source: InternalActor, target: InternalActor, event: AnyEventObject, delay: number, id?: string): void;
  cancel(source: InternalActor, id: string): void;
  cancelAll(source: InternalActor): void;
}

/** A transition as the machine formatted it; what a microstep took. */
export interface TakenTransition {
  readonly eventType: string;
  readonly source: { readonly path: readonly string[] };
  readonly target: readonly unknown[] | undefined;
  readonly meta?: Readonly<Record<string, unknown>>;
}

export interface MicrostepEvent {
  readonly type: "@xstate.microstep";
  readonly actorRef: InternalActor;
  readonly event: AnyEventObject;
  readonly snapshot: AnyMachineSnapshot;
  readonly _transitions: readonly TakenTransition[];
}

export type SystemEvent =
  | MicrostepEvent
  | { readonly type: "@xstate.actor"; readonly actorRef: InternalActor }
  | { readonly type: "@xstate.event" | "@xstate.snapshot" | "@xstate.action"; readonly actorRef: InternalActor };

/**
 * What kind of work a logic stands for: only the outside ones wait for the commit (I2). A `custom` one has work to start
 * and a transition function of its own, mostly around that of another logic.
 */
export type LogicKind = "machine" | "promise" | "callback" | "observable" | "custom" | "pure";

// Logics of one creator share the source of their transition function, within one copy of XState.
const source = (logic: AnyActorLogic): string => logic.transition.toString();
const never = { subscribe: () => ({ unsubscribe: () => undefined }) };
const promise = fromPromise(async () => undefined);
const others = [
  [fromCallback(() => undefined), "callback"],
  [fromObservable(() => never as never), "observable"],
  [fromEventObservable(() => never as never), "observable"],
] as const satisfies (readonly [AnyActorLogic, LogicKind])[];
const kindBySource = new Map<string, LogicKind>([
  [source(promise), "promise"],
  ...others.map(([logic, kind]) => [source(logic), kind] as const),
]);

const startOf = (logic: object): string | undefined => (logic as InternalLogic).start?.toString();
const promiseStart = startOf(promise);
const otherStarts = new Set(others.map(([logic]) => startOf(logic)));

const kinds = new WeakMap<object, LogicKind>();

export function kindOf(logic: InternalLogic): LogicKind {
  let kind = kinds.get(logic);
  if (kind === undefined) {
    kind = isMachine(logic) ? "machine" : (kindBySource.get(logic.transition.toString()) ?? kindByStart(logic));
    kinds.set(logic, kind);
  }
  return kind;
}

function kindByStart(logic: InternalLogic): LogicKind {
  const start = startOf(logic);
  if (start === undefined) {
    return "pure";
  }
  // A promise is settled by events to itself, which whatever is around its transition function hears too.
  return start === promiseStart || (!otherStarts.has(start) && settlesAsPromise(logic)) ? "promise" : "custom";
}

/**
 * The app may have another copy of XState: of another version, or written anew by a bundler. Its promises have another
 * source, and do the same.
 */
function settlesAsPromise({ config, transition }: InternalLogic): boolean {
  if (typeof config !== "function") {
    return false;
  }
  const active = { status: "active", output: undefined, error: undefined, input: undefined } as const;
  const data = {};
  try {
    const next = transition(active, { type: promiseResolved, data }, {} as ActorScope);
    return next.status === "done" && next.output === data;
  } catch {
    // It needs an actor that was started, as a callback does.
    return false;
  }
}

export function isMachine(logic: unknown): logic is AnyStateMachine {
  return typeof logic === "object" && logic !== null && "__xstatenode" in logic;
}

/**
 * The machine that a logic is made around, or the logic itself. What `{ ...machine, transition }` makes, XState's pattern
 * of a higher-order logic, has the data of a machine and none of its methods.
 */
export const innerMachine = (logic: AnyStateMachine): AnyStateMachine => logic.root.machine;

export function isMachineSnapshot(snapshot: unknown): snapshot is AnyMachineSnapshot {
  return typeof snapshot === "object" && snapshot !== null && "machine" in snapshot && "value" in snapshot;
}

/** What XState checks to tell an actor reference from data. */
export function isActorRef(value: object): value is InternalActor {
  return "sessionId" in value && "send" in value && "ref" in value;
}

export function internal(actor: AnyActorRef): InternalActor {
  return actor as unknown as InternalActor;
}

/** As XState does where a transition throws. */
export function endInError(actor: InternalActor, error: unknown): void {
  actor._snapshot = { ...actor.getSnapshot(), status: "error", error } as Snapshot<unknown>;
  actor._error(error);
}

/**
 * As XState starts an actor: what comes to it meanwhile, be it its end, waits until `run` is over. Only then a
 * subscription is in the snapshot, and a callback has said what is to be done at its end. Where `run` throws, the actor
 * is to be ended.
 */
export function withMailHeld({ mailbox }: InternalActor, run: () => void): void {
  mailbox._active = false;
  run();
  mailbox.start();
}

/** Whether an actor came to an end by itself; everybody was told then. */
export function isOver(actor: InternalActor): boolean {
  const { status } = actor.getSnapshot();
  return actor._processingStatus === processing.stopped && (status === "done" || status === "error");
}

export function childrenOf(snapshot: Snapshot<unknown>): Readonly<Record<string, InternalActor>> {
  return (snapshot as { children?: Record<string, InternalActor> }).children ?? {};
}

/** The state with this id; undefined where the machine has none. */
export function stateNode(machine: AnyStateMachine, id: string): AnyStateNode | undefined {
  try {
    return innerMachine(machine).getStateNodeById(id) as AnyStateNode;
  } catch {
    return undefined;
  }
}

/** As XState finds it: by name, or by the place of an inline `invoke`. */
export function childLogic(parent: InternalLogic, src: string): InternalLogic | undefined {
  if (!isMachine(parent)) {
    return undefined;
  }
  const inline = /^xstate\.invoke\.(\d+)\.(.*)$/.exec(src);
  if (inline === null) {
    return parent.implementations.actors[src] as InternalLogic | undefined;
  }
  const invoke: unknown = stateNode(parent, inline[2] ?? "")?.config.invoke;
  const entry: unknown = Array.isArray(invoke) ? invoke[Number(inline[1])] : invoke;
  return (entry as { src?: InternalLogic } | undefined)?.src;
}
