import type {
  Actor,
  ActorOptions,
  AnyActorLogic,
  ConditionalRequired,
  EventFromLogic,
  InputFrom,
  IsNotNever,
  RequiredActorOptionsKeys,
  SnapshotFrom,
} from "xstate";
import type { DeliverOptions } from "./deliver.ts";
import type { MachineMap, MachineRegistration } from "./registry.ts";

/** The logic that a registration stands for. */
export type LogicOf<T> = T extends MachineRegistration<infer TLogic> ? TLogic : T extends AnyActorLogic ? T : never;

/** An XState actor that survives. All of XState's methods work as they do there. */
export type DurableActor<TLogic extends AnyActorLogic> = Actor<TLogic> & {
  /**
   * Sends an event that must be accepted; resolves when its outcome is on disk. Within an action or an observer it is sent
   * as soon as their cascade is over.
   * @throws InvalidTransitionError, GuardRejected, TerminalStateViolation; RUNTIME_CLOSED, OPTIONS_INVALID,
   *   IDEMPOTENCY_KEY_INVALID; STORE_FULL, STORE_FENCED, STORE_LOCKED, STORE_MOVED, STORE_READ_ONLY, STORE_FAILED when it cannot be written; for
   *   an entity, CONTEXT_TOO_LARGE and EVENT_PAYLOAD
   */
  deliver(event: EventFromLogic<TLogic>, options?: DeliverOptions): Promise<SnapshotFrom<TLogic>>;
};

export interface DurableActorOptions<TLogic extends AnyActorLogic> extends Pick<ActorOptions<TLogic>, "systemId"> {
  /** Names the actor for life. Default: a new ULID. */
  readonly id?: string | undefined;
  /** Used only when the actor is made, not when it is found. */
  readonly input?: InputFrom<TLogic> | undefined;
  /**
   * Hears of the actor and of all below it, as in XState, until it is put to sleep or the process ends. What it throws is
   * reported as unhandled.
   */
  readonly inspect?: ActorOptions<TLogic>["inspect"];
}

/** What XState's own `createActor` takes beside a logic: an input that the logic must have cannot be left out. */
export type XStateOptions<TLogic extends AnyActorLogic> = ConditionalRequired<
  [options?: ActorOptions<TLogic> & { [K in RequiredActorOptionsKeys<TLogic>]: unknown }],
  IsNotNever<RequiredActorOptionsKeys<TLogic>>
>;

export type MachineNames<TMachines extends MachineMap> = keyof TMachines & string;
