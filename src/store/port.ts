/**
 * What the runtime asks of a store, and all it knows of one. A store keeps rows; it knows nothing of XState.
 * Timestamps are milliseconds since 1970; those that are texts (`transitioned_at`, and the `at` of a `DomainWrite`) are ISO
 * 8601.
 */

/** In characters. The id of a child is made of those of all above it, and may be longer. */
export const longestRootId = 1_000;

/** One actor: a running machine, promise, callback, observable or transition function. */
export interface ActorRow {
  /** Number of the actor, unique in the store, never used again. A parent's is smaller than its children's. */
  readonly no: number;
  /** `root` or `root/child/grandchild`: how people name it. */
  readonly id: string;
  readonly parentNo: number | null;
  readonly rootNo: number;
  /** Its key in the parent's `children`; the id itself for a root. */
  readonly key: string;
  /** The name under which its logic is found: a registered machine for a root, XState's `src` for a child. */
  readonly src: string;
  /** Name of the machine as audited and listed; "" for logic that is no machine. */
  readonly machine: string;
  readonly version: string;
  /** Hash of the machine's structure, to notice a change that kept the version. */
  readonly fingerprint: string;
  readonly systemId: string | null;
  readonly syncSnapshot: boolean;
  /** XState's persisted snapshot without children, as JSON. */
  readonly snapshot: string;
  readonly status: "active" | "done" | "error" | "stopped";
  /** Leaf states, `a.b` for nested ones, joined by "," for parallel ones; "" for logic without states. */
  readonly state: string;
  /** Tags with a space before and after each: " busy paid ". */
  readonly tags: string;
  /** False once it has left its parent's `children`, or was a root that was stopped and forgotten. */
  readonly live: boolean;
  /** A root that is not kept in memory until somebody asks for it. */
  readonly asleep: boolean;
}

/** One event that an actor took, with what it changed. History is rebuilt from these (runtime.at). */
export interface JournalRow {
  readonly seq: number;
  readonly actorNo: number;
  readonly at: number;
  /** The event as JSON. */
  readonly event: string;
  /** A whole snapshot, or the difference to the one before: a `Delta` of fold.ts as JSON. */
  readonly delta: string;
}

/** One audit event, whose members are columns of `state_transitions`; the store adds its number and the hashes. */
export interface AuditRow {
  readonly event_id: string;
  readonly event_type: string;
  readonly entity_type: string;
  readonly entity_id: string;
  readonly from_state: string;
  readonly to_state: string;
  readonly trigger: string;
  readonly reason: string | null;
  readonly severity: string;
  readonly operator: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly evidence: Readonly<Record<string, unknown>> | null;
  readonly transitioned_at: string;
}

/** An audit event as it stands in the store. */
export interface StoredAuditRow extends AuditRow {
  readonly transition_id: number;
  readonly prev_hash: string;
  readonly hash: string;
}

export type SqlValue = string | number | Uint8Array | null;

/** A row of one of the host's own tables, written with the transition that it mirrors. */
export interface DomainWrite {
  readonly table: string;
  /** Its entity was made in this commit: there is no row yet, and finding one is an error. */
  readonly isNew: boolean;
  /** Column of the primary key. */
  readonly key: string;
  /** All columns to write, the key among them. */
  readonly values: Readonly<Record<string, SqlValue>>;
  /** Columns that are written only while they are NULL, such as `started_at`. */
  readonly once?: Readonly<Record<string, SqlValue>>;
  /** ISO 8601, for `created_at` and `updated_at`. */
  readonly at: string;
}

export interface TimerRow {
  readonly actorNo: number;
  readonly id: string;
  readonly targetNo: number;
  readonly event: string;
  /** Ties between timers due at the same moment are broken by the order of arming. */
  readonly seq: number;
  readonly dueAt: number;
}

/** An effect that was asked for. One row for life; a retry keeps the key and raises the attempt (I3). */
export interface EffectRow {
  readonly actorNo: number;
  readonly key: string;
  readonly attempt: number;
  /** Attempts that failed; a crash is none of them. */
  readonly failures: number;
  readonly status: "requested" | "settled" | "stopped";
  readonly requestedAt: number;
  /** Until when another process may still be at it; 0 where there is no lease. */
  readonly leaseUntil: number;
}

/** A settlement that came too late or from an abandoned attempt: recorded and ignored (I3). */
export interface LateSettlement {
  readonly effectKey: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly at: number;
}

export interface DeliveryRow {
  readonly actorNo: number;
  readonly idempotencyKey: string;
  readonly at: number;
}

/** All that one group of cascades leaves behind. It becomes durable whole, or not at all (I1). */
export interface Commit {
  readonly at: number;
  readonly actors: readonly ActorRow[];
  readonly journal: readonly JournalRow[];
  readonly audits: readonly AuditRow[];
  readonly rows: readonly DomainWrite[];
  readonly timersDisarmed: readonly { readonly actorNo: number; readonly id: string }[];
  readonly timersArmed: readonly TimerRow[];
  readonly effects: readonly EffectRow[];
  readonly lateSettlements: readonly LateSettlement[];
  readonly deliveries: readonly DeliveryRow[];
}

/** Where the numbering goes on after a restart. */
export interface Counters {
  readonly nextActorNo: number;
  readonly nextSeq: number;
  readonly nextTimerSeq: number;
  /** When the last commit was made; 0 before the first. */
  readonly lastCommitAt: number;
}

export interface ActorFilter {
  /** The name that it is registered under; of a child, the one that its parent has for it. */
  readonly machine?: string | undefined;
  /** A state or a leaf below it, from the top: `a.b`. Of parallel states, any. */
  readonly state?: string | undefined;
  readonly tag?: string | undefined;
  readonly status?: ActorRow["status"] | undefined;
  readonly rootsOnly?: boolean | undefined;
  /** Only the root with this id, and what is below it. */
  readonly root?: string | undefined;
}

/** An actor's row without its snapshot: of many actors these are large, and nobody asks for them. */
export type ListedRow = Pick<
  ActorRow,
  "no" | "id" | "parentNo" | "machine" | "version" | "status" | "state" | "tags" | "asleep"
>;

/** What an actor's row says of its machine. */
export type MachineStamp = Pick<ActorRow, "src" | "version" | "fingerprint">;

/**
 * What a commit survives. `full`: power loss, each commit is synced (SQLite synchronous=FULL). `normal`: a crash of
 * the process or `kill -9`; a power cut may take the last commits with it, never the file's integrity.
 */
export type Durability = "full" | "normal";

/** A store that is open and claimed for writing by this process (I8). */
export interface Store {
  /** Identifies the store for life; part of each effect's idempotency key. */
  readonly storeId: string;
  counters(): Counters;
  /**
   * Makes a commit durable, after all that came before it and not without them. Calls back, at once or later, when it
   * is on disk, or with the reason why nothing of it is: STORE_FENCED, STORE_LOCKED, STORE_MOVED, STORE_FULL,
   * STORE_READ_ONLY, STORE_FAILED, or what SQLite says of a row. What is read meanwhile does not know of it.
   */
  commit(commit: Commit, ended: (failure: unknown) => void): void;
  /** Blocks until every commit has ended and its caller was told. */
  settle(): void;
  /** Calls back after each commit with the audit events in it, in order. */
  onCommitted(listener: (audits: readonly StoredAuditRow[]) => void): () => void;
  /** Audit events after one, in order, at most so many. */
  auditsAfter(transitionId: number, limit: number): StoredAuditRow[];
  /** Live actors of one root, parents before children. */
  loadTree(rootNo: number): ActorRow[];
  /**
   * Live actors of all roots that are awake and not at rest, parents before children. At rest is a root that is done,
   * with all below it, and one of these machines that has no child: nothing happens in it before an event comes.
   */
  loadRunning(restful: readonly MachineStamp[]): ActorRow[];
  /** Live actors of sleeping roots that are not done, in whose trees is a machine of none of these, parents first. */
  loadAsleep(known: readonly Pick<MachineStamp, "version" | "fingerprint">[]): ActorRow[];
  loadTimers(): TimerRow[];
  /** What these actors have asked for, and not got yet. */
  loadEffects(actorNos: readonly number[]): EffectRow[];
  liveActor(id: string): ActorRow | undefined;
  /** The live actor of this id, or the newest of those that are not: all that ever were below its root are read for it. */
  actorById(id: string): ActorRow | undefined;
  actorByNo(no: number): ActorRow | undefined;
  /** All actors that ever were below this one, itself first. */
  subtree(no: number): ActorRow[];
  /** Live actors in the order of their making. */
  listActors(filter: ActorFilter): ListedRow[];
  wasDelivered(actorNo: number, idempotencyKey: string): boolean;
  /** Journal of one actor up to and with a sequence number, oldest first. */
  journalOf(actorNo: number, upToSeq?: number): JournalRow[];
  /** The end of that, from the newest whole snapshot on: all that the last snapshot in it is made of. */
  journalSinceWhole(actorNo: number, upToSeq?: number): JournalRow[];
  close(): void;
}
