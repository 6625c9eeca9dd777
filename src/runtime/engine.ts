import { type AnyActorLogic, type AnyActorRef, createActor, type InspectionEvent } from "xstate";
import { PawlError } from "../base/errors/index.ts";
import type { Ids } from "../base/ids.ts";
import type { Clock } from "../base/time.ts";
import type { ActorRow, Store } from "../store/port.ts";
import { refuseBadSystemId } from "./arguments.ts";
import { Commits } from "./commits.ts";
import { DelayedEvents } from "./delayed-events.ts";
import { Effects } from "./effects.ts";
import { endedActor } from "./ended.ts";
import type { Group } from "./group.ts";
import { type Live, type LiveRoot, liveOf, setLive } from "./live.ts";
import { Recorder } from "./recorder.ts";
import type { ActorType, Registry } from "./registry.ts";
import { stopLargeFamilyOf } from "./xstate/children.ts";
import {
  childLogic,
  childrenOf,
  childSnapshotPrefix,
  type InternalActor,
  type InternalLogic,
  kindOf,
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
  readonly delayed: DelayedEvents;
  readonly effects: Effects;
  readonly commits: Commits;
  readonly options: EngineOptions;
  /** While a tree is being restored: rows by the snapshot objects made from them. */
  restoring: ReadonlyMap<object, ActorRow> | undefined;
  /** Why nothing is accepted any more. */
  closed: { readonly reason: string; readonly cause?: unknown } | undefined;
  readonly #byNo = new Map<number, Live>();
  /** Roots with children whose own ids have a slash: only there can two paths be the same. */
  readonly #slashed = new WeakSet<LiveRoot>();
  readonly #recorder = new Recorder(this);
  #birth: Birth | undefined;
  #nextNo: number;
  #nextSeq: number;
  #latestMs: number;

  constructor(options: EngineOptions) {
    this.options = options;
    const counters = options.store.counters();
    this.#nextNo = counters.nextActorNo;
    this.#nextSeq = counters.nextSeq;
    this.#latestMs = counters.lastCommitAt;
    this.commits = new Commits(this, {
      store: options.store,
      begin: (live) => this.#recorder.begin(live),
      left: (live) => this.#forget(live),
      committed: () => this.delayed.timers.setAlarm(),
    });
    this.delayed = new DelayedEvents({
      clock: options.clock,
      nextSeq: counters.nextTimerSeq,
      group: () => this.group(),
      schedule: () => this.schedule(),
      liveOrWoken: (no) => this.#byNo.get(no) ?? options.wake(no),
      reference: (no) => this.reference(no),
      retry: (live) => this.effects.request(live),
    });
    this.effects = new Effects({
      clock: options.clock,
      storeId: options.store.storeId,
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

  /** @throws PawlError RUNTIME_CLOSED */
  refuseIfClosed(): void {
    if (this.closed !== undefined) {
      throw new PawlError("RUNTIME_CLOSED", { reason: this.closed.reason }, { cause: this.closed.cause });
    }
  }

  /** Makes a root actor in a system of its own. It is not started. */
  makeRoot(id: string, logic: InternalLogic, type: ActorType, options: Readonly<Record<string, unknown>>): Live {
    this.refuseIfClosed();
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
      unregistered: (actor) => this.#recorder.touch(actor),
      admits: (target, eventType) => {
        this.refuseIfClosed();
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
      this.#refuseTaken(id, actor, parent);
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
    actor.logic = this.#recorder.wrapped(logic, live.kind);
  }

  /** A root, or a child elsewhere in the tree, may have this very id, where ids have a slash of their own. */
  #refuseTaken(id: string, actor: InternalActor, parent: Live): void {
    if (actor.id.includes("/")) {
      this.#slashed.add(parent.root);
    }
    const elsewhere = this.#slashed.has(parent.root) ? this.child(id) : undefined;
    const namesake = this.roots.get(id) ?? (elsewhere?.parent === parent ? undefined : elsewhere);
    if (namesake !== undefined) {
      throw new PawlError("ACTOR_EXISTS", { id, found: namesake.type.name, asked: `a child, ${String(actor.src)}` });
    }
  }

  /** XState files a second child of one id over the first, which runs on, but is nobody's child any more. */
  #replaceNamesake({ parent, key }: Live): void {
    // While the parent is being made it has no snapshot; all its children are written with it.
    const children = parent?.recorded === undefined ? undefined : childrenOf(parent.recorded);
    const namesake = children?.[key];
    const replaced = namesake === undefined ? undefined : liveOf(namesake);
    for (const member of replaced?.root.members ?? []) {
      // With all below it, whose ids are those of what the other one makes; one that could not be made was never stored.
      if (isBelow(member, replaced) && member.actor._snapshot !== undefined) {
        this.group().touched.add(member);
      }
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
    for (const live of this.#byNo.values()) {
      if (live.begun && live.kind !== "promise" && live.actor.getSnapshot().status === "active") {
        // Ends the subscription or the callback, not the actor.
        live.logic.transition(live.actor.getSnapshot(), { type: stopEvent }, live.actor._actorScope);
      }
    }
    this.commits.abandon(cause ?? new PawlError("RUNTIME_CLOSED", { reason }));
  }
}

function isBelow(live: Live | undefined, above: Live | undefined): boolean {
  return live !== undefined && (live === above || isBelow(live.parent, above));
}
