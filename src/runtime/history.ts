import { PawlError } from "../base/errors/index.ts";
import { type Delta, patch, stateText, storedAt } from "../store/fold.ts";
import type { ActorRow, Store } from "../store/port.ts";
import { decode } from "./codec.ts";

/** One event that an actor took. */
export interface HistoryEntry {
  /** Names the moment: `runtime.at(id, transitionId)`. Grows over all actors of a store. */
  readonly transitionId: number;
  /** ISO 8601. */
  readonly at: string;
  /** As it came; parts that JSON cannot keep are named, not kept. */
  readonly event: { readonly type: string } & Readonly<Record<string, unknown>>;
  /** State before; undefined for the first entry. */
  readonly from: string | undefined;
  readonly to: string;
}

/** A snapshot as it was: plain data. References to actors are given as `{ id }`. */
export interface PastSnapshot {
  readonly transitionId: number;
  readonly at: string;
  readonly status: string;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

export function historyOf(store: Store, id: string): HistoryEntry[] {
  const row = actorRow(store, id);
  let stored: unknown;
  let from: string | undefined;
  return store.journalOf(row.no).map((entry) => {
    stored = patch(stored, JSON.parse(entry.delta) as Delta);
    const to = stateIn(stored);
    const result: HistoryEntry = {
      transitionId: entry.seq,
      at: new Date(entry.at).toISOString(),
      event: decode(JSON.parse(entry.event), (no) => ({ id: store.actorByNo(no)?.id })) as HistoryEntry["event"],
      from,
      to,
    };
    from = to;
    return result;
  });
}

/** Of a snapshot in stored form; "" where it has no states. */
export function stateIn(stored: unknown): string {
  const { value } = stored as { value?: unknown };
  return value === undefined ? "" : stateText(value);
}

/** @throws PawlError ACTOR_UNKNOWN, TRANSITION_UNKNOWN */
export function snapshotAt(store: Store, id: string, transitionId: number): PastSnapshot {
  const row = actorRow(store, id);
  const journal = typeof transitionId === "number" ? store.journalSinceWhole(row.no, transitionId) : [];
  const last = journal.at(-1);
  if (last === undefined || last.seq !== transitionId) {
    throw unknownTransition(store, row, transitionId);
  }
  const plain = decode(structuredClone(storedAt(journal)), (no) => ({ id: store.actorByNo(no)?.id }));
  return {
    ...(plain as Omit<PastSnapshot, "transitionId" | "at">),
    transitionId,
    at: new Date(last.at).toISOString(),
  };
}

export function unknownTransition(store: Store, row: ActorRow, transition: number): PawlError {
  const journal = store.journalOf(row.no);
  return new PawlError("TRANSITION_UNKNOWN", {
    id: row.id,
    transition,
    first: journal[0]?.seq ?? 0,
    last: journal.at(-1)?.seq ?? 0,
  });
}

/** @throws PawlError ACTOR_UNKNOWN */
export function actorRow(store: Store, id: string): ActorRow {
  const row = store.actorById(id);
  if (row === undefined) {
    throw new PawlError("ACTOR_UNKNOWN", { id });
  }
  return row;
}
