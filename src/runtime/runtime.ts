import { type AnyActorLogic, createActor } from "xstate";
import { PawlError } from "../base/errors/index.ts";
import { type Ids, systemIds } from "../base/ids.ts";
import { type Clock, inWholeMs, systemClock } from "../base/time.ts";
import type { ActorFilter, ActorRow, Store } from "../store/port.ts";
import { tagsOf } from "../store/tags.ts";
import { refuseBadId, refuseBadNote, refuseNoObserver, refuseOtherOptions } from "./arguments.ts";
import { recordNote } from "./audit.ts";
import { type DeliverOptions, deliver, withDeliverHere } from "./deliver.ts";
import { Engine } from "./engine.ts";
import type { AuditNote } from "./entity.ts";
import { forkActor } from "./fork.ts";
import { actorRow, type HistoryEntry, historyOf, type PastSnapshot, snapshotAt } from "./history.ts";
import type { InspectorFeed, InspectorOptions } from "./inspector.ts";
import { type RuntimeOptions, refuseBadRuntimeOptions } from "./options.ts";
import { Passivation } from "./passivation.ts";
import { type MachineMap, Registry } from "./registry.ts";
import { Roots } from "./roots.ts";
import { claimed, noteUser, refuseShared } from "./store-use.ts";
import type { DurableActor, DurableActorOptions, LogicOf, MachineNames, XStateOptions } from "./types.ts";
import { reportUnhandled } from "./unhandled.ts";
import type { InternalLogic } from "./xstate/internals.ts";
import { type Inspect, observerOf } from "./xstate/system.ts";

/**
 * An actor as the store knows it: what is durable, not what is on its way. `asleep`: a root that is not in memory, be it
 * that nobody used it for a while, that nobody asked for it since the start, or that it is done.
 */
export type ListedActor = Pick<ActorRow, "id" | "machine" | "version" | "state" | "status" | "asleep"> & {
  readonly tags: readonly string[];
};

/**
 * Opens a store and goes on with every actor that was running in it.
 * @throws PawlError MACHINE_INVALID, OPTIONS_INVALID, DURATION_OPTION_INVALID, CLOCK_INVALID, MIGRATIONS_UNORDERED,
 *   DURABILITY_UNKNOWN, STORE_IN_USE, STORE_LOCKED, STORE_NEWER, STORE_NOT_A_DATABASE, STORE_DAMAGED, STORE_READ_ONLY,
 *   STORE_FULL, STORE_FAILED, STORE_SHARED, SQLITE_UNAVAILABLE, MACHINE_CHANGED
 */
export async function openRuntime<const TMachines extends MachineMap>(
  options: RuntimeOptions<TMachines>,
): Promise<Runtime<TMachines>> {
  refuseBadRuntimeOptions(options);
  const clock = options.clock ? inWholeMs(options.clock) : systemClock;
  const ids = options.ids ?? systemIds();
  const store = options.store ?? (await claimed(options, clock, ids));
  try {
    return new Runtime(options, store, clock, ids);
  } catch (error) {
    if (options.store === undefined) {
      store.close();
    }
    throw error;
  }
}

const filterOptions = {
  machine: "string",
  state: "string",
  tag: "string",
  status: "string",
  rootsOnly: "boolean",
  root: "string",
} as const satisfies Record<keyof ActorFilter, string>;

/** Runs durable actors on one store. Made by `openRuntime`. */
export class Runtime<TMachines extends MachineMap = MachineMap> {
  readonly #engine: Engine;
  readonly #registry: Registry;
  readonly #store: Store;
  readonly #roots: Roots;
  readonly #strict: boolean;
  readonly #ownsStore: boolean;
  readonly #passivation: Passivation;
  readonly #feeds: InspectorFeed[] = [];

  constructor(options: RuntimeOptions<TMachines>, store: Store, clock: Clock, ids: Ids) {
    refuseShared(store);
    // For `const { createActor } = runtime`, which takes the place of an import.
    this.createActor = this.createActor.bind(this) as Runtime<TMachines>["createActor"];
    this.#store = store;
    this.#strict = options.strict ?? false;
    this.#ownsStore = options.store === undefined;
    this.#registry = new Registry(options.machines);
    this.#engine = new Engine({
      store,
      registry: this.#registry,
      clock,
      ids,
      logger: options.logger ?? console.log.bind(console),
      wake: (no) => {
        const row = store.actorByNo(no);
        return row && this.#roots.wake(row);
      },
      onFailure: (error) => {
        try {
          options.onFailure?.(error);
        } catch (fault) {
          reportUnhandled(fault);
        }
      },
    });
    this.#roots = new Roots(this.#engine, this.#registry, store);
    this.#passivation = new Passivation(this.#engine, options.passivateAfterMs, (live) => this.#roots.attach(live));
    for (const timer of store.loadTimers()) {
      this.#engine.delayed.restore(timer);
    }
    try {
      this.#roots.restoreRunning();
    } catch (error) {
      // What was restored before it would be written yet.
      this.#engine.halt();
      throw error;
    }
    this.#engine.delayed.timers.setAlarm();
    this.#passivation.start();
    noteUser(store, this.#engine);
  }

  /**
   * Makes a durable actor and starts it, or finds the one with this id that exists, awake or asleep. One that failed as
   * it was made, because its `context` threw, is made anew.
   * @throws PawlError MACHINE_UNKNOWN, ACTOR_EXISTS, ACTOR_ID_INVALID, SYSTEM_ID_INVALID, OPTION_NOT_DURABLE,
   *   OPTIONS_INVALID, RUNTIME_CLOSED; MACHINE_CHANGED where it slept; CONTEXT_TOO_LARGE for the input of an entity
   */
  createActor<K extends MachineNames<TMachines>>(
    machine: K,
    options?: DurableActorOptions<LogicOf<TMachines[K]>>,
  ): DurableActor<LogicOf<TMachines[K]>>;
  /**
   * XState's own form. A registered logic makes a durable actor, which the caller starts, as in XState; one that is
   * not registered lives only as long as the process.
   * @throws PawlError LOGIC_INVALID, LOGIC_PROVIDED; LOGIC_NOT_REGISTERED with `strict`; what the first form throws
   */
  createActor<TLogic extends AnyActorLogic>(logic: TLogic, ...options: XStateOptions<TLogic>): DurableActor<TLogic>;
  createActor(machine: string | AnyActorLogic, options: Record<string, unknown> = {}): unknown {
    if (typeof machine === "string") {
      const { actor } = this.#roots.findOrMake(machine, this.#registry.logic(machine), options);
      return actor.getSnapshot().status === "active" ? actor.start() : actor;
    }
    const logic = machine as unknown as InternalLogic;
    const named = typeof options?.["id"] === "string" ? options["id"] : "an actor without id";
    const name = this.#registry.nameOfRoot(logic, named);
    if (name !== undefined) {
      return this.#roots.findOrMake(name, logic, options, true).actor;
    }
    if (this.#strict) {
      throw new PawlError("LOGIC_NOT_REGISTERED", { actor: named });
    }
    return withDeliverHere(createActor(machine, options as never));
  }

  /** The actor with this id, a child (`order-1/x`) too, woken if it sleeps. @throws PawlError MACHINE_CHANGED, RUNTIME_CLOSED */
  actor(id: string): DurableActor<AnyActorLogic> | undefined {
    return this.#roots.find(id)?.actor as unknown as DurableActor<AnyActorLogic> | undefined;
  }

  /**
   * `actor.deliver` by id.
   * @throws PawlError ACTOR_UNKNOWN, MACHINE_CHANGED, and what `actor.deliver` throws
   */
  async deliver(id: string, event: { readonly type: string }, options: DeliverOptions = {}): Promise<void> {
    const live = this.#roots.find(id);
    if (live === undefined) {
      throw new PawlError("ACTOR_UNKNOWN", { id });
    }
    await deliver(this.#engine, live, event, options);
  }

  /**
   * Puts an audit event about an actor into the log that changes nothing of it; resolves when it is durable. One that its
   * maker has not started is in no log yet.
   * @throws PawlError ACTOR_UNKNOWN, MACHINE_CHANGED, RUNTIME_CLOSED, NOTE_INVALID, and why the store failed
   */
  async note(id: string, note: AuditNote): Promise<void> {
    const live = this.#roots.find(id);
    if (live === undefined || live.root.held) {
      throw new PawlError("ACTOR_UNKNOWN", { id });
    }
    this.#engine.refuseIfClosed();
    refuseBadNote(id, note);
    recordNote(this.#engine, live, note);
    await this.#engine.commits.whenDurable();
  }

  /** Resolves when all that has happened so far is on disk. Rejects with the reason when it cannot be. */
  settled(): Promise<void> {
    return this.#engine.settled();
  }

  /**
   * XState's inspection events of every actor, present and to come, for a function or an observer, as XState's own
   * `inspect` has them. What it throws is reported as unhandled.
   * @throws PawlError OPTIONS_INVALID
   */
  inspect(inspect: Inspect): { unsubscribe(): void } {
    refuseNoObserver("inspect", inspect);
    const observer = observerOf(inspect);
    this.#engine.inspectors.add(observer);
    return { unsubscribe: () => this.#engine.inspectors.delete(observer) };
  }

  /**
   * Serves Stately's inspector protocol on loopback, behind a token. Each viewer gets every live actor's definition
   * and snapshot first, then all that happens, until the feed or the runtime is closed.
   * @throws PawlError INSPECTOR_UNAVAILABLE, OPTIONS_INVALID, RUNTIME_CLOSED
   */
  async openInspector(options: InspectorOptions = {}): Promise<InspectorFeed> {
    // Loaded when it is asked for: few processes are ever looked at.
    const { openInspector } = await import("./inspector.ts");
    this.#engine.refuseIfClosed();
    this.#roots.restoreAtRest();
    const feed = await openInspector(this.#engine, options);
    this.#feeds.push(feed);
    return feed;
  }

  /**
   * Durable actors in the order of their making, done ones too, but none stopped or let go.
   * @throws PawlError OPTIONS_INVALID, RUNTIME_CLOSED
   */
  list(filter: ActorFilter = {}): ListedActor[] {
    refuseOtherOptions("list", filter, filterOptions);
    this.#engine.refuseIfClosed();
    return this.#store
      .listActors(filter)
      .map(({ no, id, parentNo, machine, version, state, status, asleep, tags }) => ({
        id,
        machine,
        version,
        state,
        status,
        asleep: asleep || (parentNo === null && this.#engine.population.live(no) === undefined),
        tags: tagsOf(tags),
      }));
  }

  /** What an actor took, and what became of it, as far as it is durable. @throws PawlError ACTOR_UNKNOWN, RUNTIME_CLOSED */
  history(id: string): HistoryEntry[] {
    this.#engine.refuseIfClosed();
    return historyOf(this.#store, id);
  }

  /** The snapshot as it was after a durable transition. @throws PawlError ACTOR_UNKNOWN, TRANSITION_UNKNOWN, RUNTIME_CLOSED */
  at(id: string, transitionId: number): PastSnapshot {
    this.#engine.refuseIfClosed();
    return snapshotAt(this.#store, id, transitionId);
  }

  /**
   * A new root from a durable moment of the past, children included. Effects that were on their way then are begun anew,
   * under new keys unless their policy says the key; `after` timers of the states it is in run their whole delay again;
   * other delayed events are gone.
   * @throws PawlError ACTOR_UNKNOWN, TRANSITION_UNKNOWN, FORK_OF_AN_END, ACTOR_EXISTS, ACTOR_ID_INVALID,
   *   MACHINE_CHANGED, MACHINE_UNKNOWN, RUNTIME_CLOSED
   */
  fork(id: string, transitionId: number, newId: string): DurableActor<AnyActorLogic> {
    refuseBadId(newId);
    this.#engine.refuseIfClosed();
    if (this.#roots.find(newId) !== undefined) {
      throw new PawlError("ACTOR_EXISTS", { id: newId, found: "another actor", asked: `a fork of ${id}` });
    }
    const live = forkActor(this.#engine, actorRow(this.#store, id), transitionId, newId);
    this.#roots.attach(live);
    return live.actor as unknown as DurableActor<AnyActorLogic>;
  }

  /** Commits what is on its way and ends. Effects get their abort signal; the next start makes them again. */
  async close(): Promise<void> {
    this.#passivation.stop();
    if (this.#engine.cascades.areRunning) {
      // An action closes: what its event leads to ends within this turn, and is committed whole (I1).
      await Promise.resolve();
    }
    try {
      this.#engine.close();
    } finally {
      if (this.#ownsStore) {
        this.#store.close();
      }
      // Else a server would keep the process alive.
      await Promise.all(this.#feeds.map((feed) => feed.close()));
    }
  }

  /** Ends at once, as a crash would: what was not committed is lost, what was acknowledged is not. */
  halt(): void {
    this.#passivation.stop();
    this.#engine.halt();
    if (this.#ownsStore) {
      this.#store.close();
    }
    void Promise.all(this.#feeds.map((feed) => feed.close()));
  }
}
