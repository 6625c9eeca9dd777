import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  createActor,
  type InspectionEvent,
  type Snapshot,
} from "xstate";
import { PawlError } from "../base/errors/index.ts";
import type { Ids } from "../base/ids.ts";
import type { Clock } from "../base/time.ts";
import type { ActorRow, Store } from "../store/port.ts";
import { decode, encode, Unserializable } from "./codec.ts";
import { Commits } from "./commits.ts";
import { Effects, retryTimer } from "./effects.ts";
import { endedActor } from "./ended.ts";
import type { Group } from "./group.ts";
import { type Live, type LiveRoot, liveOf, numberOf, setLive } from "./live.ts";
import { recordMade, recordTransition } from "./record.ts";
import type { ActorType, Registry } from "./registry.ts";
import { type Timer, Timers } from "./timers.ts";
import { wrapLogic } from "./wrap.ts";
import { linearise, stopLargeFamilyOf } from "./xstate/children.ts";
import {
  childLogic,
  childrenOf,
  childSnapshotPrefix,
  type InternalActor,
  type InternalLogic,
  isMachine,
  kindOf,
  processing,
  stopEvent,
} from "./xstate/internals.ts";
import { DurableSystem, type SystemHost } from "./xstate/system.ts";

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

/** Stands in no id that a person writes. */
const unnamed = "\u0001";

/** What is known of an actor before XState makes it. */
interface Birth {
  readonly id: string;
  readonly logic: InternalLogic;
  readonly type: ActorType;
  readonly root: LiveRoot;
}

/** Runs actor systems and turns what happens in them into commits. One turn of the event loop is one commit. */
export class Engine {
  readonly roots = new Map<string, Live>();
  readonly inspectors = new Set<(event: InspectionEvent) => void>();
  readonly timers: Timers;
  readonly effects: Effects;
  readonly commits: Commits;
  readonly options: EngineOptions;
  /** While a tree is being restored: rows by the snapshot objects made from them. */
  restoring: ReadonlyMap<object, ActorRow> | undefined;
  /** Why nothing is accepted any more. */
  closed: { readonly reason: string; readonly cause?: unknown } | undefined;
  readonly #byNo = new Map<number, Live>();
  readonly #wrapped = new WeakMap<InternalLogic, InternalLogic>();
  #birth: Birth | undefined;
  #nextNo: number;
  #nextSeq: number;
  #latestMs: number;
  #nextTimerSeq: number;

  constructor(options: EngineOptions) {
    this.options = options;
    const counters = options.store.counters();
    this.#nextNo = counters.nextActorNo;
    this.#nextSeq = counters.nextSeq;
    this.#latestMs = counters.lastCommitAt;
    this.#nextTimerSeq = counters.nextTimerSeq;
    this.#host = this.#makeHost();
    this.commits = new Commits(this, {
      store: options.store,
      begin: (live) => this.#begin(live),
      left: (live) => this.#forget(live),
      committed: () => this.timers.setAlarm(),
    });
    this.timers = new Timers(options.clock, (timer) => this.#fire(timer));
    this.effects = new Effects({
      clock: options.clock,
      storeId: options.store.storeId,
      group: () => this.group(),
      isOpen: () => this.closed === undefined,
      schedule: () => this.schedule(),
      armRetry: (live, delayMs) => this.arm(live, live, { type: retryTimer }, delayMs, retryTimer),
    });
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

  live(no: number): Live | undefined {
    return this.#byNo.get(no);
  }

  /** What a stored reference leads to; undefined when no actor ever had this number. */
  reference(no: number): InternalActor | undefined {
    const row = this.#byNo.has(no) ? undefined : this.options.store.actorByNo(no);
    if (row === undefined) {
      return this.#byNo.get(no)?.actor;
    }
    if (row.live) {
      return this.options.wake(no)?.actor;
    }
    const parent = row.parentNo === null ? undefined : this.#byNo.get(row.parentNo);
    return endedActor(row, parent?.actor, parent === undefined ? undefined : childLogic(parent.logic, row.src));
  }

  /** The child in memory with this id, its parent's ids before it: one that is not committed yet, too. */
  child(id: string): Live | undefined {
    for (let slash = id.indexOf("/"); slash !== -1; slash = id.indexOf("/", slash + 1)) {
      for (const member of this.roots.get(id.slice(0, slash))?.root.members ?? []) {
        if (member.id === id) {
          return member;
        }
      }
    }
    return undefined;
  }

  /** Every actor in memory, parents before children. */
  lives(): Iterable<Live> {
    return [...this.#byNo.values()].sort((a, b) => a.no - b.no);
  }

  /** Makes a root actor in a system of its own. It is not started. */
  makeRoot(id: string, logic: InternalLogic, type: ActorType, options: Readonly<Record<string, unknown>>): Live {
    this.#refuseIfClosed();
    const root: LiveRoot = {
      system: new DurableSystem(this.#host),
      lastUsed: this.clock.monotonic(),
      members: new Set(),
    };
    const parent = { system: root.system } as unknown as AnyActorRef;
    this.#birth = { id, logic, type, root };
    const actor = createActor(logic as unknown as AnyActorLogic, { ...options, id, parent } as never);
    this.#birth = undefined;
    const live = liveOf(actor as unknown as InternalActor);
    if (live === undefined) {
      throw new Error(`XState made no actor for ${id}`);
    }
    this.roots.set(id, live);
    return live;
  }

  /** Takes a root out of memory, without stopping it. */
  forgetRoot(live: Live): void {
    this.roots.delete(live.id);
    for (const member of live.root.members) {
      this.#byNo.delete(member.no);
    }
  }

  #forget(live: Live): void {
    this.#byNo.delete(live.no);
    live.root.members.delete(live);
    if (this.roots.get(live.id) === live) {
      this.roots.delete(live.id);
    }
  }

  readonly #scheduler = {
    schedule: (source: InternalActor, target: InternalActor, event: AnyEventObject, delay: number, id?: string) => {
      const from = liveOf(source);
      const to = liveOf(target);
      if (from !== undefined && to !== undefined) {
        this.arm(from, to, event, delay, id ?? `pawl.${this.#nextTimerSeq}`);
      }
    },
    cancel: (source: InternalActor, id: string) => {
      const live = liveOf(source);
      if (live !== undefined && this.timers.disarm(live.no, id)) {
        this.group().disarmTimer(live.no, id);
        this.schedule();
      }
    },
    cancelAll: (source: InternalActor) => {
      const live = liveOf(source);
      for (const id of live === undefined ? [] : this.timers.idsOf(live.no)) {
        if (!id.includes(unnamed)) {
          this.#scheduler.cancel(source, id);
        }
      }
    },
  };

  readonly #host: SystemHost;

  #makeHost(): SystemHost {
    return {
      bookNo: () => this.bookNo(),
      actorMade: (actor) => this.#actorMade(actor),
      microstepTaken: (event) => {
        const live = liveOf(event.actorRef);
        if (live !== undefined && event._transitions.length > 0) {
          live.steps.push({ event: event.event, snapshot: event.snapshot, transitions: event._transitions });
        }
        stopLargeFamilyOf(event.snapshot, event.actorRef._actorScope);
      },
      unregistered: (actor) =>
        this.#recorded(actor, (live) => {
          this.group().touched.add(live);
        }),
      admits: (target, eventType) => {
        this.#refuseIfClosed();
        const live = liveOf(target);
        if (live !== undefined) {
          live.root.lastUsed = this.clock.monotonic();
        }
        // A restored child that tells its parent its snapshot again is no news.
        return this.restoring === undefined || !eventType.startsWith(childSnapshotPrefix);
      },
      putOff: (action) => {
        this.group().afterCommit.push(action);
        this.schedule();
      },
      scheduler: this.#scheduler,
      logger: this.options.logger,
      inspectors: this.inspectors,
    };
  }

  arm(source: Live, target: Live, event: AnyEventObject, delayMs: number, id: string): void {
    const json = this.#timerEvent(source, event);
    this.#letRun(source.no, id);
    const seq = this.#nextTimerSeq++;
    // As for setTimeout: what is no number is no delay.
    const waitMs = Number.isNaN(delayMs) ? 0 : delayMs;
    const dueAt = this.clock.now() + waitMs;
    const row = { actorNo: source.no, id, targetNo: target.no, event: json, seq, dueAt };
    this.timers.arm({ ...row, dueMonotonic: this.clock.monotonic() + waitMs, cancelled: false });
    this.group().armTimer(row);
    this.schedule();
  }

  /**
   * Of two timers with one id XState lets both fire, and only the later one can be cancelled, until the earlier one
   * has fired: from then on neither can, not even by the end of their source. The one that cannot gets a name that
   * nobody knows.
   */
  #letRun(actorNo: number, id: string): void {
    const timer = this.timers.find(actorNo, id);
    if (timer !== undefined) {
      this.timers.disarm(actorNo, id);
      this.group().disarmTimer(actorNo, id);
      const { targetNo, event, seq, dueAt, dueMonotonic } = timer;
      const row = { actorNo, id: `${id}${unnamed}${seq}`, targetNo, event, seq, dueAt };
      this.timers.arm({ ...row, dueMonotonic, cancelled: false });
      this.group().armTimer(row);
    }
  }

  #timerEvent(source: Live, event: AnyEventObject): string {
    try {
      return JSON.stringify(encode(event, `delayed event ${event.type}`, numberOf));
    } catch (error) {
      if (error instanceof Unserializable) {
        throw new PawlError("NOT_SERIALIZABLE", { actor: source.id, path: error.path, kind: error.kind });
      }
      throw error;
    }
  }

  #fire(timer: Timer): void {
    const source = this.#byNo.get(timer.actorNo) ?? this.options.wake(timer.actorNo);
    const target = this.#byNo.get(timer.targetNo) ?? this.options.wake(timer.targetNo);
    this.group().disarmTimer(timer.actorNo, timer.id);
    const [id = "", rest] = timer.id.split(unnamed);
    if (rest !== undefined) {
      this.#letRun(timer.actorNo, id);
    }
    this.schedule();
    if (target === undefined) {
      return;
    }
    if (timer.id === retryTimer) {
      this.effects.request(target);
      return;
    }
    const event = decode(JSON.parse(timer.event), (no) => this.reference(no)) as AnyEventObject;
    target.actor.system._relay(source?.actor, target.actor, event);
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
    const namesake = birth === undefined ? this.roots.get(id) : undefined;
    if (namesake !== undefined) {
      throw new PawlError("ACTOR_EXISTS", { id, found: namesake.type.name, asked: `a child, ${String(actor.src)}` });
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
      key: actor.id,
      src,
      parent,
      root,
      kind: kindOf(logic),
      type: birth?.type ?? this.options.registry.typeOf(logic, src),
      logic,
      actor,
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
    };
    this.#replaceNamesake(live);
    setLive(live);
    this.#byNo.set(live.no, live);
    root.members.add(live);
    actor.logic = this.#wrap(logic, live);
  }

  /** XState files a second child of one id over the first, which runs on, but is nobody's child any more. */
  #replaceNamesake({ parent, key }: Live): void {
    // While the parent is being made it has no snapshot; all its children are written with it.
    const children = parent?.recorded === undefined ? undefined : childrenOf(parent.recorded);
    const namesake = children?.[key];
    const replaced = namesake === undefined ? undefined : liveOf(namesake);
    if (replaced !== undefined) {
      this.group().touched.add(replaced);
    }
  }

  #wrap(logic: InternalLogic, live: Live): InternalLogic {
    let wrapped = this.#wrapped.get(logic);
    if (wrapped === undefined) {
      if (isMachine(logic)) {
        linearise(logic);
      }
      wrapped = wrapLogic(logic, live.kind, {
        made: (actor, snapshot) => this.#recorded(actor, (own) => recordMade(this, own, snapshot)),
        transitioned: (actor, event, next) => this.#recorded(actor, (own) => this.#transitioned(own, event, next)),
        failed: (actor) =>
          this.#recorded(actor, (own) => {
            own.steps.length = 0;
            this.group().touched.add(own);
            // A result that cannot be kept is one all the same: it is not asked for again.
            this.effects.settled(own);
          }),
        putOff: (actor) => this.#recorded(actor, (own) => this.#putOff(own)),
        hasBegun: (actor) => liveOf(actor)?.begun === true,
        keepEvent: (actor, event) => {
          const own = liveOf(actor);
          if (own !== undefined) {
            own.waitingEvents ??= [];
            own.waitingEvents.push(event);
          }
        },
      });
      this.#wrapped.set(logic, wrapped);
    }
    return wrapped;
  }

  #recorded(actor: InternalActor, record: (live: Live) => void): void {
    const live = liveOf(actor);
    if (live !== undefined) {
      record(live);
      this.schedule();
    }
  }

  #transitioned(live: Live, event: AnyEventObject, next: Snapshot<unknown>): void {
    const wasActive = live.recorded?.status === "active";
    recordTransition(this, live, event, next);
    if (event.type === stopEvent) {
      this.group().touched.add(live);
    }
    if (wasActive && next.status !== "active" && live.kind === "promise") {
      if (event.type === stopEvent) {
        this.effects.stopped(live);
      } else {
        this.effects.settled(live);
      }
    }
  }

  #putOff(live: Live): void {
    if (live.kind !== "promise") {
      this.group().begin.push(live);
      return;
    }
    const isWaiting = this.timers.idsOf(live.no).includes(retryTimer);
    if (!isWaiting) {
      this.effects.request(live);
    }
  }

  schedule(): void {
    this.commits.schedule();
  }

  /** Resolves when all that has happened so far is durable; rejects when it cannot be. */
  settled(): Promise<void> {
    if (this.closed !== undefined) {
      return this.closed.cause === undefined ? Promise.resolve() : Promise.reject(this.closed.cause);
    }
    return this.commits.settled();
  }

  #begin(live: Live): void {
    if (live.kind === "promise") {
      this.effects.begin(live);
      return;
    }
    const { actor } = live;
    if (actor._processingStatus !== processing.running || actor.getSnapshot().status !== "active") {
      return;
    }
    live.begun = true;
    try {
      live.logic.start?.(actor.getSnapshot(), actor._actorScope);
      for (const event of live.waitingEvents?.splice(0) ?? []) {
        // Its actor took them, and told of it, when they were sent; only the receivers did not hear them.
        live.logic.transition(actor.getSnapshot(), event, actor._actorScope);
      }
    } catch (error) {
      (actor as unknown as { _snapshot: unknown })._snapshot = { ...actor.getSnapshot(), status: "error", error };
      this.group().touched.add(live);
      (actor as unknown as { _error(error: unknown): void })._error(error);
      this.schedule();
    }
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
  }

  #close(reason: string, cause: unknown): void {
    if (this.closed !== undefined) {
      return;
    }
    this.closed = { reason, cause };
    this.timers.stop();
    this.effects.abortAll();
    for (const live of this.#byNo.values()) {
      if (live.begun && live.kind !== "promise" && live.actor.getSnapshot().status === "active") {
        // Ends the subscription or the callback, not the actor.
        live.logic.transition(live.actor.getSnapshot(), { type: stopEvent }, live.actor._actorScope);
      }
    }
    this.commits.abandon(cause ?? new PawlError("RUNTIME_CLOSED", { reason }));
  }

  #refuseIfClosed(): void {
    if (this.closed !== undefined) {
      throw new PawlError("RUNTIME_CLOSED", { reason: this.closed.reason }, { cause: this.closed.cause });
    }
  }
}
