import type { AnyEventObject, Snapshot } from "xstate";
import type { Cascades } from "./cascades.ts";
import type { DelayedEvents } from "./delayed-events.ts";
import type { Effects } from "./effects.ts";
import { Group } from "./group.ts";
import { type Live, type LiveRoot, liveOf } from "./live.ts";
import { type RecordContext, recordLeft, recordMade, recordTransition } from "./record.ts";
import { reportUnhandled } from "./unhandled.ts";
import { wrapLogic } from "./wrap.ts";
import { linearise } from "./xstate/children.ts";
import {
  childrenOf,
  endInError,
  type InternalActor,
  type InternalLogic,
  isMachine,
  type LogicKind,
  processing,
  stopEvent,
  withMailHeld,
} from "./xstate/internals.ts";

interface RecordingEngine extends RecordContext {
  readonly effects: Effects;
  readonly delayed: DelayedEvents;
  readonly cascades: Cascades;
  schedule(): void;
}

/** Sees what each actor does, by the logic that it runs in place of its own, and begins its work outside. */
export class Recorder {
  readonly #engine: RecordingEngine;
  /** Of roots that are held. */
  readonly #held = new WeakMap<LiveRoot, Group>();
  readonly #wrapped = new WeakMap<InternalLogic, InternalLogic>();
  /** By parent: children that ended, or that a transition which is not recorded yet lets go of. */
  readonly #parting = new WeakMap<Live, Live[]>();

  constructor(engine: RecordingEngine) {
    this.#engine = engine;
  }

  /** What an actor runs instead of this logic. */
  wrapped(logic: InternalLogic, kind: LogicKind): InternalLogic {
    const known = this.#wrapped.get(logic);
    if (known !== undefined) {
      return known;
    }
    if (isMachine(logic)) {
      linearise(logic);
    }
    const wrapped = wrapLogic(logic, kind, {
      made: (actor, snapshot) => this.#record(actor, (live) => this.#made(live, snapshot)),
      transitioned: (actor, event, next) => this.#record(actor, (live) => this.#transitioned(live, event, next)),
      failed: (actor) =>
        this.#record(actor, (live) => {
          live.steps.length = 0;
          this.#parting.delete(live);
          this.#contextOf(live).group().touched.add(live);
          // A result that cannot be kept is one all the same: it is not asked for again.
          this.#engine.effects.settled(live);
        }),
      putOff: (actor) => this.#record(actor, (live) => this.#putOff(live)),
      hasBegun: (actor) => liveOf(actor)?.begun === true,
      keepEvent: (actor, event) => {
        const live = liveOf(actor);
        if (live !== undefined) {
          live.waitingEvents ??= [];
          live.waitingEvents.push(event);
        }
      },
    });
    this.#wrapped.set(logic, wrapped);
    return wrapped;
  }

  /** An actor ended, or its parent lets go of it: its row is written with the coming commit. */
  unregistered(actor: InternalActor): void {
    this.#record(actor, (live) => {
      this.#contextOf(live).group().touched.add(live);
      const { parent } = live;
      if (parent?.recorded !== undefined && parent.recorded === parent.actor.getSnapshot()) {
        // Not within a transition of its parent, which knows it or does not.
        this.#recordParting(this.#contextOf(live), live, parent.recorded);
      }
      if (parent !== undefined && !live.left) {
        const parting = this.#parting.get(parent);
        if (parting === undefined) {
          this.#parting.set(parent, [live]);
        } else {
          parting.push(live);
        }
      }
    });
  }

  /** What was held back of its tree belongs to the coming commit. */
  started(actor: InternalActor): void {
    const root = liveOf(actor)?.root;
    if (root?.held === true) {
      const engine = this.#engine;
      root.held = false;
      engine.group().takeOver(this.#heldOf(root), engine.recordedMs(), () => engine.nextSeq());
      engine.schedule();
    }
  }

  #contextOf({ root }: Live): RecordContext {
    const engine = this.#engine;
    return root.held
      ? { ids: engine.ids, recordedMs: () => engine.recordedMs(), nextSeq: () => 0, group: () => this.#heldOf(root) }
      : engine;
  }

  #heldOf(root: LiveRoot): Group {
    let group = this.#held.get(root);
    if (group === undefined) {
      group = new Group();
      this.#held.set(root, group);
    }
    return group;
  }

  /** To be called after the commit that asked for it (I2). */
  begin(live: Live): void {
    if (live.kind === "promise") {
      this.#engine.effects.begin(live);
      return;
    }
    const { actor } = live;
    if (actor._processingStatus !== processing.running || actor.getSnapshot().status !== "active") {
      return;
    }
    live.begun = true;
    try {
      this.#engine.cascades.run(() => withMailHeld(actor, () => this.#start(live)));
    } catch (error) {
      this.#engine.group().touched.add(live);
      this.#engine.cascades.run(() => endInError(actor, error));
      this.#engine.schedule();
    }
  }

  #start({ actor, kind, logic, waitingEvents }: Live): void {
    logic.start?.(actor.getSnapshot(), actor._actorScope);
    for (const event of waitingEvents?.splice(0) ?? []) {
      if (kind === "custom") {
        // What they change is unknown, and could not be asked for before.
        actor._send(event);
      } else {
        // Its actor took them, and told of it, when they were sent; only the receivers did not hear them.
        logic.transition(actor.getSnapshot(), event, actor._actorScope);
      }
    }
  }

  /** Ends a subscription or a callback, not its actor: the next start begins it anew. */
  end({ begun, kind, actor, logic }: Live): void {
    if (begun && kind !== "promise" && actor.getSnapshot().status === "active") {
      try {
        logic.transition(actor.getSnapshot(), { type: stopEvent }, actor._actorScope);
      } catch (error) {
        reportUnhandled(error);
      }
    }
  }

  #record(actor: InternalActor, record: (live: Live) => void): void {
    const live = liveOf(actor);
    if (live !== undefined) {
      record(live);
      this.#engine.schedule();
    }
  }

  #made(live: Live, snapshot: Snapshot<unknown>): void {
    const context = this.#contextOf(live);
    recordMade(context, live, snapshot);
    this.#recordPartings(context, live, snapshot);
  }

  #transitioned(live: Live, event: AnyEventObject, next: Snapshot<unknown>): void {
    const wasActive = live.recorded?.status === "active";
    recordTransition(this.#engine, live, event, next);
    this.#recordPartings(this.#engine, live, next);
    if (event.type === stopEvent) {
      this.#engine.group().touched.add(live);
    }
    if (wasActive && next.status !== "active" && live.kind === "promise") {
      if (event.type === stopEvent) {
        this.#engine.effects.stopped(live);
      } else {
        this.#engine.effects.settled(live);
      }
    }
  }

  #recordPartings(context: RecordContext, parent: Live, next: Snapshot<unknown>): void {
    const parting = this.#parting.get(parent);
    if (parting !== undefined) {
      this.#parting.delete(parent);
      for (const child of parting) {
        this.#recordParting(context, child, next);
      }
    }
  }

  /**
   * Right after the parent's transition, so that the journal tells which children it had from then on. One that runs is
   * stopped next, and its journal says that by itself.
   */
  #recordParting(context: RecordContext, child: Live, parent: Snapshot<unknown>): void {
    const { actor, key } = child;
    const isOver = actor._processingStatus !== processing.running && actor.getSnapshot() === child.recorded;
    if (isOver && !child.left && childrenOf(parent)[key] !== actor) {
      child.left = true;
      recordLeft(context, child);
    }
  }

  #putOff(live: Live): void {
    if (live.kind !== "promise") {
      this.#engine.group().begin.push(live);
    } else if (!this.#engine.delayed.isWaitingForRetry(live)) {
      this.#engine.effects.request(live);
    }
  }
}
