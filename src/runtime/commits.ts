import type { Store } from "../store/port.ts";
import { Group } from "./group.ts";
import type { Live } from "./live.ts";
import { type RecordContext, recordLeft, recordOutcome } from "./record.ts";
import { isMember, rowOf } from "./rows.ts";

export interface CommitsContext {
  readonly store: Store;
  /** Starts the work of an actor outside the machines: what asked for it is durable (I2). */
  readonly begin: (live: Live) => void;
  /** An actor has ended, nobody knows it any more, and its last row is durable. */
  readonly left: (live: Live) => void;
  readonly committed: () => void;
}

/** What the commits need of the engine. */
interface Recorder extends RecordContext {
  readonly closed: object | undefined;
  fail(error: unknown): void;
}

/**
 * Turns groups into commits, one at a time. One turn of the event loop is one commit; turns that end while a commit is
 * being written share the next.
 */
export class Commits {
  readonly #recorder: Recorder;
  readonly #context: CommitsContext;
  /** What happens now goes here. */
  group = new Group();
  #writing: Group | undefined;
  #flushing: ReturnType<typeof setImmediate> | undefined;
  #windingUp = false;

  constructor(recorder: Recorder, context: CommitsContext) {
    this.#recorder = recorder;
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
    return this.group.hasWork || this.#writing !== undefined ? this.whenDurable() : Promise.resolve();
  }

  /** Resolves after the coming commit. */
  whenDurable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.group.waiting.push({ resolve, reject });
      this.schedule();
    });
  }

  /** Whether a delivery is on its way into the store. */
  hasDelivery(actorNo: number, idempotencyKey: string): boolean {
    return (
      this.group.hasDelivery(actorNo, idempotencyKey) || this.#writing?.hasDelivery(actorNo, idempotencyKey) === true
    );
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
    for (const { reject } of [...(this.#writing?.waiting ?? []), ...this.group.waiting]) {
      reject(reason);
    }
  }

  #flush(): void {
    const { group } = this;
    if (this.#recorder.closed !== undefined || this.#writing !== undefined || !group.hasWork) {
      return;
    }
    try {
      this.#recordEnds(group);
      if (!group.isEmpty) {
        const actors = [...group.touched].map(rowOf).sort((a, b) => a.no - b.no);
        const left = [...group.touched].filter(
          (live) => !isMember(live) && live.actor.getSnapshot().status !== "active",
        );
        const commit = group.commit(this.#recorder.recordedMs(), actors);
        this.group = new Group();
        this.#writing = group;
        this.#context.store.commit(commit, (failure) => this.#ended(group, left, failure));
        return;
      }
    } catch (error) {
      this.#recorder.fail(error);
      return;
    }
    this.group = new Group();
    this.#afterCommit(group);
  }

  /** Ended children stay as long as their parent knows them, as in XState; what it forgot is forgotten here too. */
  #recordEnds(group: Group): void {
    for (const live of group.touched) {
      recordOutcome(this.#recorder, live);
      if (live.parent !== undefined && !live.left && !isMember(live)) {
        live.left = true;
        recordLeft(this.#recorder, live);
      }
    }
  }

  #ended(group: Group, left: readonly Live[], failure: unknown): void {
    if (this.#recorder.closed !== undefined) {
      return;
    }
    if (failure !== undefined) {
      this.#recorder.fail(failure);
      return;
    }
    this.#writing = undefined;
    for (const live of left) {
      this.#context.left(live);
    }
    this.#afterCommit(group);
    if (this.group.hasWork) {
      this.schedule();
    }
  }

  #afterCommit(group: Group): void {
    for (const live of this.#windingUp ? [] : group.begin) {
      this.#context.begin(live);
    }
    for (const run of group.afterCommit) {
      try {
        run();
      } catch (error) {
        // As XState does with errors of observers: reported, not swallowed, and nobody else's.
        setImmediate(() => {
          throw error;
        });
      }
    }
    this.#context.committed();
    for (const { resolve } of group.waiting) {
      resolve();
    }
  }
}
