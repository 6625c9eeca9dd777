import type { Actor, AnyActorLogic } from "xstate";
import { PawlError } from "../base/errors/index.ts";
import type { ActorRow, Store } from "../store/port.ts";
import { refuseBadId, refuseBadOptions, refuseUnknownActorOptions } from "./arguments.ts";
import { deliver, withDeliver } from "./deliver.ts";
import type { Engine } from "./engine.ts";
import type { Live } from "./live.ts";
import { giveWay, wasNeverMade } from "./never-made.ts";
import type { Registry } from "./registry.ts";
import { restoreRoots } from "./restore.ts";
import { refuseLarge } from "./size.ts";
import type { InternalLogic } from "./xstate/internals.ts";
import type { Inspect } from "./xstate/system.ts";

/** Finds durable actors by their ids: in memory, in the store, or nowhere yet. */
export class Roots {
  readonly #engine: Engine;
  readonly #registry: Registry;
  readonly #store: Store;

  constructor(engine: Engine, registry: Registry, store: Store) {
    this.#engine = engine;
    this.#registry = registry;
    this.#store = store;
  }

  /**
   * @throws PawlError ACTOR_EXISTS, ACTOR_ID_INVALID, SYSTEM_ID_INVALID, OPTION_NOT_DURABLE, OPTIONS_INVALID,
   *   RUNTIME_CLOSED
   */
  findOrMake(name: string, logic: InternalLogic, options: Record<string, unknown>, held = false): Live {
    refuseUnknownActorOptions(options);
    const given = options["id"] ?? undefined;
    const id = given ?? this.#engine.ids.next(this.#engine.clock.now());
    refuseBadId(id);
    refuseBadOptions(id, options);
    this.#engine.refuseIfClosed();
    const existing = this.find(id);
    if (existing !== undefined && wasNeverMade(this.#store, existing)) {
      giveWay(this.#engine, existing);
    } else if (existing !== undefined) {
      if (given === undefined || (existing.type.name !== name && existing.src !== name)) {
        // Ids that are counted anew after a restart have come before: who names no actor wants none that exists.
        const asked = given === undefined ? `a new ${name}` : name;
        throw new PawlError("ACTOR_EXISTS", { id, found: existing.type.name, asked });
      }
      existing.root.system.inspectOnce(options["inspect"] as Inspect | undefined);
      return existing;
    }
    const type = this.#registry.typeOfRoot(name) ?? this.#registry.typeOf(logic, name);
    if (type.entity !== undefined) {
      refuseLarge(id, "its input", options["input"]);
    }
    const live = this.#engine.makeRoot(id, logic, type, options, held);
    this.attach(live);
    return live;
  }

  /**
   * Roots and children alike; what sleeps or was at rest is restored. Nobody has an id that is no text.
   * @throws PawlError RUNTIME_CLOSED, MACHINE_CHANGED
   */
  find(id: string): Live | undefined {
    const live = typeof id === "string" ? this.#found(id) : undefined;
    if (live !== undefined) {
      this.attach(live);
    }
    return live;
  }

  #found(id: string): Live | undefined {
    const root = this.#engine.population.roots.get(id);
    if (root !== undefined) {
      return root;
    }
    this.#engine.refuseIfClosed();
    const row = this.#store.liveActor(id);
    if (row === undefined) {
      return this.#engine.population.child(id);
    }
    return this.#engine.population.live(row.no) ?? this.wake(row);
  }

  /** Restores the tree that an actor belongs to. */
  wake({ no, rootNo }: ActorRow): Live | undefined {
    if (this.#engine.population.live(rootNo) !== undefined) {
      return undefined;
    }
    const rows = this.#store.loadTree(rootNo);
    // A machine without children asks for nothing.
    const isAlone = rows.length === 1 && rows[0]?.state !== "";
    const effects = isAlone ? [] : this.#store.loadEffects(rows.map((row) => row.no));
    for (const live of restoreRoots(this.#engine, rows, effects)) {
      this.attach(live);
      if (rows[0]?.asleep === true) {
        this.#engine.group().touched.add(live);
        this.#engine.schedule();
      }
    }
    return this.#engine.population.live(no);
  }

  /** Gives an actor, once, what XState's actors do not have: a root when it is made, a child when somebody finds it. */
  attach(live: Live): void {
    if (!("deliver" in live.actor)) {
      withDeliver(live.actor as unknown as Actor<AnyActorLogic>, (event, options) =>
        deliver(this.#engine, live, event, options),
      );
    }
  }

  /** What has something to do by itself: the others are restored when somebody asks, or an event comes. */
  restoreRunning(): void {
    const rows = this.#store.loadRunning(this.#registry.stamps());
    const asleep = this.#store.loadAsleep(this.#registry.reachable());
    const effects = this.#store.loadEffects(rows.map(({ no }) => no));
    for (const live of restoreRoots(this.#engine, rows, effects, asleep)) {
      this.attach(live);
    }
  }

  /** What sleeps goes on sleeping, and what is done is asked for by name. */
  restoreAtRest(): void {
    for (const status of ["active", "error"] as const) {
      for (const { id, asleep } of this.#store.listActors({ rootsOnly: true, status })) {
        if (!asleep) {
          this.find(id);
        }
      }
    }
  }
}
