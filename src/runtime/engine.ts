import { type AnyActorLogic, type AnyActorRef, createActor, type InspectionEvent } from "xstate";
import { PawlError } from "../base/errors/index.ts";
import type { Ids } from "../base/ids.ts";
import type { Clock } from "../base/time.ts";
import type { ActorRow, Store } from "../store/port.ts";
import { refuseBadSystemId } from "./arguments.ts";
import { Cascades } from "./cascades.ts";
import { type Closed, refusal } from "./closed.ts";
import { Commits } from "./commits.ts";
import { DelayedEvents } from "./delayed-events.ts";
import { Effects } from "./effects.ts";
import { endedActor } from "./ended.ts";
import type { Group } from "./group.ts";
import { type Live, type LiveRoot, liveOf, noteUse, setLive, unrecorded } from "./live.ts";
import { Population } from "./population.ts";
import { Recorder } from "./recorder.ts";
import type { ActorType, Registry } from "./registry.ts";
import { stopLargeFamilyOf } from "./xstate/children.ts";
import { childSnapshotPrefix, type InternalActor, type InternalLogic, kindOf } from "./xstate/internals.ts";
import { DurableSystem, type Inspect, receiveThroughSystem, type SystemHost } from "./xstate/system.ts";

export interface EngineOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: (...args: unknown[]) => void;
  /** Wakes the sleeping root of an actor; undefined when the actor is gone. */
  readonly wake: (actorNo: number) => Live | undefined;
  readonly onFailure: (error: unknown) => void;
}

/** What is known of an actor before XState makes it. */
interface Birth {
  readonly id: string;
  readonly logic: InternalLogic;
  readonly type: ActorType;
  readonly root: LiveRoot;
}

/** Runs actor systems and turns what happens in them into commits. One turn of the event loop is one commit. */
export class Engine {
  readonly population: Population;
  readonly cascades = new Cascades();
  readonly inspectors = new Set<(event: InspectionEvent) => void>();
  readonly delayed: DelayedEvents;
  readonly effects: Effects;
  readonly commits: Commits;
  readonly options: EngineOptions;
  /** While a tree is being restored: rows by the snapshot objects made from them. */
  restoring: ReadonlyMap<object, ActorRow> | undefined;
  /** Why nothing is accepted any more. */
  closed: Closed | undefined;
  readonly #recorder = new Recorder(this);
  #birth: Birth | undefined;
  #nextNo: number;
  #nextSeq: number;
  #latestMs: number;

  constructor(options: EngineOptions) {
    this.options = options;
    this.population = new Population(options.store);
    const counters = options.store.counters();
    this.#nextNo = counters.nextActorNo;
    this.#nextSeq = counters.nextSeq;
    this.#latestMs = counters.lastCommitAt;
    this.commits = new Commits(this, {
      store: options.store,
      begin: (live) => this.#recorder.begin(live),
      left: (live) => this.population.forget(live),
      committed: () => this.delayed.timers.setAlarm(),
    });
    this.delayed = new DelayedEvents({
      clock: options.clock,
      nextSeq: counters.nextTimerSeq,
      recordedMs: () => this.recordedMs(),
      group: () => this.group(),
      schedule: () => this.schedule(),
      liveOrWoken: (no) => this.population.live(no) ?? options.wake(no),
      reference: (no) => this.reference(no),
      retry: (live) => this.effects.request(live),
    });
    this.effects = new Effects({
      clock: options.clock,
      storeId: options.store.storeId,
      recordedMs: () => this.recordedMs(),
      group: () => this.group(),
      isOpen: () => this.closed === undefined,
      schedule: () => this.schedule(),
      armRetry: (live, delayMs) => this.delayed.armRetry(live, delayMs),
    });
    this.#host = this.#makeHost();
  }

  get clock(): Clock {
    return this.options.clock;
  }

  get ids(): Ids {
    return this.options.ids;
  }

  group(): Group {
    return this.commits.group;
  }

  /** The moment that what happens now is recorded with: history never goes back, also when the clock is set back. */
  recordedMs(): number {
    this.#latestMs = Math.max(this.#latestMs, this.clock.now());
    return this.#latestMs;
  }

  nextSeq(): number {
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    return seq;
  }

  /** The number of the next actor. */
  bookNo(): number {
    const no = this.#nextNo;
    this.#nextNo += 1;
    return no;
  }

  /** What a stored reference leads to; undefined when no actor ever had this number. */
  reference(no: number): InternalActor | undefined {
    const live = this.population.live(no);
    const row = live === undefined ? this.options.store.actorByNo(no) : undefined;
    if (row === undefined) {
      return live?.actor;
    }
    if (row.live) {
      return this.options.wake(no)?.actor;
    }
    const parent = row.parentNo === null ? undefined : this.population.live(row.parentNo);
    return endedActor(row, parent, this.population.numbers);
  }

  /** @throws PawlError RUNTIME_CLOSED */
  refuseIfClosed(): void {
    if (this.closed !== undefined) {
      throw refusal(this.closed);
    }
  }

  /** Makes a root actor in a system of its own. It is not started; with `held`, nothing of it is written before that. */
  makeRoot(
    id: string,
    logic: InternalLogic,
    type: ActorType,
    options: Readonly<Record<string, unknown>>,
    held = false,
  ): Live {
    this.refuseIfClosed();
    const root: LiveRoot = {
      system: new DurableSystem(this.#host, options["inspect"] as Inspect | undefined),
      numbers: this.population.numbers,
      lastUsed: this.clock.monotonic(),
      members: new Set(),
      held,
    };
    const parent = { system: root.system } as unknown as AnyActorRef;
    this.#birth = { id, logic, type, root };
    const actor = createActor(logic as unknown as AnyActorLogic, { ...options, id, parent } as never);
    this.#birth = undefined;
    const live = liveOf(actor as unknown as InternalActor);
    if (live === undefined) {
      throw new Error(`XState made no actor for ${id}`);
    }
    this.population.roots.set(id, live);
    this.cascades.holdStartOf(live.actor);
    return live;
  }

  readonly #host: SystemHost;

  #makeHost(): SystemHost {
    return {
      bookNo: () => this.bookNo(),
      actorMade: (actor) => this.#actorMade(actor),
      notMade: (actor) => this.population.giveUp(actor),
      microstepTaken: (event) => {
        const live = liveOf(event.actorRef);
        if (live !== undefined && event._transitions.length > 0) {
          live.steps.push({ event: event.event, snapshot: event.snapshot, transitions: event._transitions });
        }
        stopLargeFamilyOf(event.snapshot, event.actorRef._actorScope);
      },
      started: (actor) => this.#recorder.started(actor),
      unregistered: (actor) => this.#recorder.unregistered(actor),
      admits: (source, eventType) => {
        if (this.closed !== undefined && source !== undefined) {
          // Nobody asked for it who could be told: a callback's timer, the end of a subscription, a cascade.
          return false;
        }
        this.refuseIfClosed();
        // A restored child that tells its parent its snapshot again is no news.
        return this.restoring === undefined || !eventType.startsWith(childSnapshotPrefix);
      },
      receives: (actor) => {
        noteUse(actor, this.clock.monotonic());
        return this.closed === undefined;
      },
      putOff: (action) => {
        this.group().afterCommit.push(action);
        this.schedule();
      },
      cascades: this.cascades,
      scheduler: this.delayed.scheduler,
      logger: this.options.logger,
      inspectors: this.inspectors,
    };
  }

  #actorMade(actor: InternalActor): void {
    const parent = actor._parent === undefined ? undefined : liveOf(actor._parent);
    const birth = parent === undefined ? this.#birth : undefined;
    if (birth !== undefined) {
      // A root owns its system; the parent was only the way to hand it over.
      actor._parent = undefined;
    }
    const row = actor.options.snapshot === undefined ? undefined : this.restoring?.get(actor.options.snapshot);
    const id = birth?.id ?? `${parent?.id ?? ""}/${actor.id}`;
    if (birth === undefined && typeof actor.src !== "string") {
      throw new PawlError("LOGIC_NOT_REGISTERED", { actor: id });
    }
    refuseBadSystemId(id, actor.options.systemId);
    if (parent !== undefined) {
      this.population.refuseTaken(id, actor, parent, row !== undefined);
    }
    const { logic } = actor;
    const src = birth === undefined ? (actor.src as string) : birth.type.name;
    const root = birth?.root ?? parent?.root;
    if (root === undefined) {
      throw new Error(`${id} has neither a parent nor a system of its own`);
    }
    const live: Live = {
      no: row?.no ?? Number(actor.sessionId.slice(2)),
      id: row?.id ?? id,
      key: String(actor.id),
      src,
      parent,
      root,
      kind: kindOf(logic),
      type: birth?.type ?? this.options.registry.typeOf(logic, src),
      logic,
      actor,
      ...unrecorded(),
    };
    for (const replaced of this.population.namesakesOf(live)) {
      this.group().touched.add(replaced);
    }
    setLive(live);
    this.population.add(live);
    actor.logic = this.#recorder.wrapped(logic, live.kind);
    actor._send = receiveThroughSystem;
  }

  schedule(): void {
    this.commits.schedule();
  }

  /** Resolves when all that has happened so far is durable; rejects when it cannot be. */
  settled(): Promise<void> {
    return this.commits.settled();
  }

  /** Stops accepting. What was not committed never happened, for everybody who waits for it (I2). */
  fail(error: unknown): void {
    this.#close(error instanceof Error ? error.message : String(error), error);
    this.options.onFailure(error);
  }

  close(): void {
    this.commits.windUp();
    this.#close("it was closed", undefined);
  }

  /** Ends as a crash would: what is not committed is lost. */
  halt(): void {
    this.#close("it was halted", undefined);
    // What the store is writing may become durable; nobody is told, and nothing is on its way any more.
    this.options.store.settle();
  }

  #close(reason: string, cause: unknown): void {
    if (this.closed !== undefined) {
      return;
    }
    this.closed = { reason, cause };
    this.delayed.timers.stop();
    this.effects.abortAll();
    for (const live of this.population.all()) {
      this.#recorder.end(live);
    }
    this.commits.abandon(cause ?? refusal({ reason }));
  }
}
