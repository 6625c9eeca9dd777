import { storedAt } from "../store/fold.ts";
import type { ActorRow, Store } from "../store/port.ts";
import type { Cascades } from "./cascades.ts";
import { type Closed, refusal } from "./closed.ts";
import { notSerializable } from "./codec.ts";
import { Group } from "./group.ts";
import type { Live } from "./live.ts";
import { type RecordContext, recordLeft, recordOutcome } from "./record.ts";
import { Unserializable } from "./refused-values.ts";
import { isMember, rowOf } from "./rows.ts";
import { reportUnhandled } from "./unhandled.ts";
import { endInError } from "./xstate/internals.ts";

export interface CommitsContext {
  readonly store: Store;
  /** Starts the work of an actor outside the machines: what asked for it is durable (I2). */
  readonly begin: (live: Live) => void;
  /** An actor has ended, its last row is durable, and nobody knows it any more, or it is a root: that is asked for. */
  readonly left: (live: Live) => void;
  readonly committed: () => void;
}

/** What the commits need of the engine. */
interface CommittingEngine extends RecordContext {
  readonly closed: Closed | undefined;
  readonly cascades: Cascades;
  fail(error: unknown): void;
}

/**
 * A group of so many events, and so many for each of its actors, waits for no other: what is in it is dear to keep, and
 * one more turn would save little. Of an actor each commit writes one row, however much it did.
 */
const [eventsOfFull, eventsOfEachInFull] = [2_000, 8];

/**
 * Turns groups into commits, in order. One turn of the event loop is one commit; turns that end while a commit is being
 * written share the next, until that is full.
 */
export class Commits {
  readonly #engine: CommittingEngine;
  readonly #context: CommitsContext;
  /** What happens now goes here. */
  group = new Group();
  /** What is on its way into the store, the oldest first. */
  readonly #writing: Group[] = [];
  #flushing: ReturnType<typeof setImmediate> | undefined;
  #windingUp = false;

  constructor(engine: CommittingEngine, context: CommitsContext) {
    this.#engine = engine;
    this.#context = context;
  }

  /** Commits before the event loop turns, or right after the commit that is being written. */
  schedule(): void {
    this.#flushing ??= setImmediate(() => {
      this.#flushing = undefined;
      this.#flush();
    });
  }

  /** Resolves when all that has happened so far is durable; rejects when it cannot be. */
  settled(): Promise<void> {
    const { closed } = this.#engine;
    if (closed !== undefined) {
      const lost = closed.cause ?? (this.group.hasWork ? refusal(closed) : undefined);
      return lost === undefined ? Promise.resolve() : Promise.reject(lost as Error);
    }
    return this.group.hasWork || this.#writing.length > 0 ? this.whenDurable() : Promise.resolve();
  }

  /** Resolves after the coming commit. Rejects when there is none: an event may have ended the runtime. */
  whenDurable(): Promise<void> {
    const { closed } = this.#engine;
    if (closed !== undefined) {
      return Promise.reject((closed.cause ?? refusal(closed)) as Error);
    }
    return new Promise((resolve, reject) => {
      this.group.waiting.push({ resolve, reject });
      this.schedule();
    });
  }

  /** Whether a delivery is on its way into the store. */
  hasDelivery(actorNo: number, idempotencyKey: string): boolean {
    return [...this.#writing, this.group].some((group) => group.hasDelivery(actorNo, idempotencyKey));
  }

  /** Blocks until all that has happened so far is durable. */
  drain(): void {
    this.#context.store.settle();
    this.#flush();
    this.#context.store.settle();
  }

  /** The last commit. What would be aborted at once is left to the next start, which makes it again. */
  windUp(): void {
    this.#windingUp = true;
    this.drain();
  }

  /** Nothing more is written; whoever waits is told why. */
  abandon(reason: unknown): void {
    clearImmediate(this.#flushing);
    for (const { reject } of [...this.#writing, this.group].flatMap(({ waiting }) => waiting)) {
      reject(reason);
    }
  }

  #flush(): void {
    const { group } = this;
    const isHeld = this.#writing.length > 0 && !isFull(group);
    if (this.#engine.closed !== undefined || isHeld || !group.hasWork) {
      return;
    }
    try {
      this.#recordEnds(group);
      if (!group.isEmpty) {
        const actors = this.#rowsOf(group).sort((a, b) => a.no - b.no);
        if (this.#engine.closed !== undefined) {
          // Somebody halted the runtime when told of an error.
          return;
        }
        const left = [...group.touched].filter(
          (live) => live.actor.getSnapshot().status !== "active" && (!isMember(live) || isDone(live)),
        );
        const commit = group.commit(this.#engine.recordedMs(), actors);
        this.group = new Group();
        this.#writing.push(group);
        this.#context.store.commit(commit, (failure) => this.#ended(group, left, failure));
        return;
      }
    } catch (error) {
      this.#engine.fail(error);
      return;
    }
    this.group = new Group();
    this.#afterCommit(group);
  }

  /** Ended children stay as long as their parent knows them, as in XState; what it forgot is forgotten here too. */
  #recordEnds(group: Group): void {
    for (const live of group.touched) {
      recordOutcome(this.#engine, live);
      if (live.parent !== undefined && !live.left && !isMember(live)) {
        live.left = true;
        recordLeft(this.#engine, live);
      }
    }
  }

  /**
   * What a context was changed to in place is only seen here. Where it cannot be kept, that actor ends in an error, and
   * nobody else: what follows of it belongs to the same commit.
   */
  #rowsOf(group: Group): ActorRow[] {
    for (;;) {
      const rows: ActorRow[] = [];
      const failed: (readonly [Live, Unserializable])[] = [];
      for (const live of group.touched) {
        try {
          rows.push(rowOf(live));
        } catch (error) {
          if (!(error instanceof Unserializable)) {
            throw error;
          }
          if (live.actor.getSnapshot().status === "active") {
            failed.push([live, error]);
          } else {
            rows.push(rowOf(live, this.#journalled(group, live)));
          }
        }
      }
      if (failed.length === 0) {
        return rows;
      }
      for (const [live, error] of failed) {
        this.#engine.cascades.run(() => endInError(live.actor, notSerializable(live.id, error)));
      }
      this.#recordEnds(group);
    }
  }

  /** The snapshot of an actor as its journal has it. What is on its way may be in the store before that is told here. */
  #journalled(group: Group, { no }: Live): string {
    const stored = this.#context.store.journalSinceWhole(no);
    const storedUpTo = stored.at(-1)?.seq ?? 0;
    const coming = [...this.#writing, group].flatMap(({ journal }) =>
      journal.filter(({ actorNo, seq }) => actorNo === no && seq > storedUpTo),
    );
    return JSON.stringify(storedAt([...stored, ...coming]));
  }

  #ended(group: Group, left: readonly Live[], failure: unknown): void {
    if (this.#engine.closed !== undefined) {
      return;
    }
    if (failure !== undefined) {
      this.#engine.fail(failure);
      return;
    }
    this.#writing.shift();
    for (const live of left) {
      this.#context.left(live);
    }
    this.#afterCommit(group);
    if (this.group.hasWork) {
      this.schedule();
    }
  }

  #afterCommit(group: Group): void {
    for (const live of group.begin) {
      // One that began before it may have closed or halted the runtime.
      if (!this.#windingUp && this.#engine.closed === undefined) {
        this.#context.begin(live);
      }
    }
    for (const run of group.afterCommit) {
      try {
        run();
      } catch (error) {
        reportUnhandled(error);
      }
    }
    if (this.#engine.closed === undefined) {
      this.#context.committed();
    }
    for (const { resolve } of group.waiting) {
      resolve();
    }
  }
}

const isFull = ({ journal, touched }: Group): boolean =>
  journal.length >= Math.max(eventsOfFull, eventsOfEachInFull * touched.size);

/** A root that will do no more, nor anything below it: one that was let go of may run on. */
function isDone({ parent, actor, root }: Live): boolean {
  return (
    parent === undefined &&
    actor.getSnapshot().status === "done" &&
    [...root.members].every((member) => member.actor.getSnapshot().status !== "active")
  );
}
