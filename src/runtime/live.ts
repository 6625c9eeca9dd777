import type { AnyEventObject, AnyMachineSnapshot, Snapshot } from "xstate";
import type { EffectPolicy } from "./effect-policy.ts";
import type { ActorType } from "./registry.ts";
import type { InternalActor, InternalLogic, LogicKind, TakenTransition } from "./xstate/internals.ts";
import type { DurableSystem } from "./xstate/system.ts";

/** One microstep of a macrostep that is not finished yet. */
export interface Step {
  readonly event: AnyEventObject;
  readonly snapshot: AnyMachineSnapshot;
  readonly transitions: readonly TakenTransition[];
}

/** A root in memory, with its system. */
export interface LiveRoot {
  readonly system: DurableSystem;
  /** Those of its runtime. */
  readonly numbers: Numbers;
  /** Monotonic ms of the last event, to find the ones that nobody uses. */
  lastUsed: number;
  readonly members: Set<Live>;
  /**
   * Its maker has not started it: its entry actions and timers wait for that, and so does what is recorded of its tree.
   * Else a crash would leave it as one that has run them.
   */
  held: boolean;
}

/** What is known of a promise actor's effect. */
export interface EffectState {
  readonly key: string;
  readonly policy: EffectPolicy;
  attempt: number;
  failures: number;
  requestedAt: number;
  controller: AbortController | undefined;
}

/** What the runtime keeps beside each actor in memory. */
export interface Live {
  readonly no: number;
  readonly id: string;
  readonly key: string;
  readonly src: string;
  readonly parent: Live | undefined;
  readonly root: LiveRoot;
  readonly kind: LogicKind;
  readonly type: ActorType;
  /** The logic as the user wrote it; the actor runs a wrapped one. */
  readonly logic: InternalLogic;
  readonly actor: InternalActor;
  /** The snapshot that the journal knows. */
  recorded: Snapshot<unknown> | undefined;
  /** The state that the audit knows: outermost for an entity, the leaves otherwise. */
  state: string | undefined;
  steps: Step[];
  deltas: number;
  asleep: boolean;
  /** Its parent let go of it, or another root has its id, and the journal says so. */
  left: boolean;
  /** Whether work outside the machines has begun (I2). */
  begun: boolean;
  waitingEvents: AnyEventObject[] | undefined;
  effect: EffectState | undefined;
  /** What the rows of its entity were made from last; undefined after a restart. */
  lastRow: { readonly state: string; readonly context: unknown } | undefined;
}

/** What a new actor begins with. */
export const unrecorded = () => ({
  recorded: undefined,
  state: undefined,
  steps: [],
  deltas: 0,
  asleep: false,
  left: false,
  begun: false,
  waitingEvents: undefined,
  effect: undefined,
  lastRow: undefined,
});

/** On the actor itself: a WeakMap with an entry for each actor is dear to collect. */
const liveKey = Symbol("live");

export function setLive(live: Live): void {
  (live.actor as { [liveKey]?: Live })[liveKey] = live;
}

export function liveOf(actor: InternalActor): Live | undefined {
  return (actor as { readonly [liveKey]?: Live })[liveKey];
}

/** The actor at the top of the tree. */
export function rootOf(live: Live): Live {
  return live.parent === undefined ? live : rootOf(live.parent);
}

/** Something was sent to an actor: its tree is in use. */
export function noteUse(actor: InternalActor, monotonicMs: number): void {
  const live = liveOf(actor);
  if (live !== undefined) {
    live.root.lastUsed = monotonicMs;
  }
}

/** What references to the actors of one runtime are stored as. The same numbers mean others in another store. */
export class Numbers {
  readonly #ended = new WeakMap<InternalActor, number>();

  /** Undefined when the actor is not of this runtime. */
  readonly of = (actor: InternalActor): number | undefined => {
    const live = liveOf(actor);
    return live?.root.numbers === this ? live.no : this.#ended.get(actor);
  };

  /** What stands for an actor that is over, wherever something still refers to it. */
  setEnded(actor: InternalActor, no: number): void {
    this.#ended.set(actor, no);
  }
}
