import { PawlError } from "../base/errors/index.ts";
import { storedAt } from "../store/fold.ts";
import type { ActorRow, JournalRow, Store } from "../store/port.ts";
import { armAfter } from "./after-timers.ts";
import type { Engine } from "./engine.ts";
import { stateIn, unknownTransition } from "./history.ts";
import type { Live } from "./live.ts";
import { migratedEvent, recordMade } from "./record.ts";
import { restoreRoots } from "./restore.ts";

/**
 * Makes a new root from an actor and its children as they were after a transition.
 * @throws PawlError MACHINE_UNKNOWN for a child whose logic only its parent knows: a root is found by a registered name;
 *   TRANSITION_UNKNOWN; FORK_OF_AN_END
 */
export function forkActor(engine: Engine, original: ActorRow, transitionId: number, newId: string): Live {
  const { store, registry } = engine.options;
  // Logic that is no machine has no name but the one that its parent gave it.
  const src = original.machine || original.src;
  registry.logic(src);
  const newNo = new Map<number, number>();
  const found = pastTree(store, original, transitionId);
  for (const { row } of found) {
    newNo.set(row.no, engine.bookNo());
  }
  const rows = found.map(({ row, stored, version }): ActorRow => {
    const isRoot = row.no === original.no;
    return {
      ...row,
      no: newNo.get(row.no) ?? row.no,
      parentNo: isRoot ? null : (newNo.get(row.parentNo ?? 0) ?? null),
      rootNo: newNo.get(original.no) ?? row.no,
      id: isRoot ? newId : newId + row.id.slice(original.id.length),
      key: isRoot ? newId : row.key,
      src: isRoot ? src : row.src,
      version,
      // Of the machine as it was then nothing is known but its version.
      fingerprint: version === row.version ? row.fingerprint : "",
      snapshot: JSON.stringify(renumbered(stored, newNo)),
      status: stored.status,
      state: stateIn(stored),
      live: true,
      asleep: false,
    };
  });
  for (const { id, parentNo, machine } of rows) {
    const taken = parentNo === null ? undefined : engine.population.rootWith(id);
    if (taken !== undefined) {
      throw new PawlError("ACTOR_EXISTS", { id, found: taken, asked: `a child, ${machine}` });
    }
  }
  const [live] = restoreRoots(engine, rows, []);
  if (live === undefined) {
    const isKnown = store.journalSinceWhole(original.no, transitionId).at(-1)?.seq === transitionId;
    throw isKnown
      ? new PawlError("FORK_OF_AN_END", { id: original.id, transition: transitionId })
      : unknownTransition(store, original, transitionId);
  }
  for (const member of live.root.members) {
    recordMade(engine, member, member.actor.getSnapshot());
    armAfter(engine, member);
  }
  return live;
}

interface Stored {
  readonly status: ActorRow["status"];
  readonly left?: true;
}

interface PastActor {
  readonly row: ActorRow;
  readonly stored: Stored;
  /** Of its machine, then. */
  readonly version: string;
  /** Of its first transition after that moment. */
  readonly nextSeq: number;
}

/** An actor and those below it that were there, as they were; parents first. @throws PawlError TRANSITION_UNKNOWN */
function pastTree(store: Store, original: ActorRow, transitionId: number): PastActor[] {
  const found = new Map<number, PastActor>();
  for (const row of store.subtree(original.no)) {
    const journal = store.journalOf(row.no);
    const past = journal.filter(({ seq }) => seq <= transitionId);
    if (row.no === original.no && past.at(-1)?.seq !== transitionId) {
      throw unknownTransition(store, original, transitionId);
    }
    const parent = row.no === original.no ? { nextSeq: transitionId } : found.get(row.parentNo ?? 0);
    if (past.length === 0 || parent === undefined) {
      continue;
    }
    // A parent lets go of a child in one transition, and the child's journal says so right after it.
    const soon = journal.slice(past.length).filter(({ seq }) => seq < parent.nextSeq);
    const { status, left } = storedAt([...past, ...soon]) as Stored;
    if (status !== "stopped" && left !== true) {
      const later = journal.slice(past.length);
      found.set(row.no, {
        row,
        stored: storedAt(past) as Stored,
        version: versionBefore(later) ?? row.version,
        nextSeq: later[0]?.seq ?? Number.POSITIVE_INFINITY,
      });
    }
  }
  return [...found.values()];
}

/** The version from which the first migration leads; undefined when there is none. */
function versionBefore(journal: readonly JournalRow[]): string | undefined {
  const migration = journal.find(({ event }) => event.startsWith(`{"type":"${migratedEvent}"`));
  return migration === undefined ? undefined : (JSON.parse(migration.event) as { from: string }).from;
}

/** The stored form, with references between the actors of the tree leading to their copies. */
function renumbered(stored: unknown, newNo: ReadonlyMap<number, number>): unknown {
  if (stored === null || typeof stored !== "object") {
    return stored;
  }
  if (Array.isArray(stored)) {
    return stored.map((item) => renumbered(item, newNo));
  }
  const { $pawl, no, value } = stored as { $pawl?: unknown; no?: number; value?: object };
  if ($pawl === "actor") {
    return { $pawl, no: newNo.get(no ?? 0) ?? no };
  }
  // What looks like a tag within this one is data.
  return $pawl === "object" || $pawl === "bare"
    ? { $pawl, value: inMembers(value ?? {}, newNo) }
    : inMembers(stored, newNo);
}

const inMembers = (object: object, newNo: ReadonlyMap<number, number>): object =>
  Object.fromEntries(Object.entries(object).map(([key, item]) => [key, renumbered(item, newNo)]));
