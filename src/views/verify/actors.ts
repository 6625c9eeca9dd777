import { isDeepStrictEqual } from "node:util";
import type { Database } from "better-sqlite3";
import { patch, stateText } from "../../store/fold.ts";
import { type JournalPage, journalEntries, journalPageColumns } from "../../store/journal-pages.ts";
import type { Faults } from "./fault.ts";

/** The context of a machine, in stored form. */
export type Context = Readonly<Record<string, unknown>>;

export interface ActorColumns {
  readonly no: number;
  readonly id: string;
  readonly parent_no: number | null;
  readonly root_no: number;
  readonly key: string;
  readonly src: string;
  readonly machine: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly system_id: string | null;
  readonly sync_snapshot: number;
  readonly snapshot: string;
  readonly status: string;
  readonly state: string;
  readonly tags: string;
  readonly live: number;
  readonly asleep: number;
}

/** A snapshot in stored form. */
export interface Stored {
  readonly status: string;
  readonly value?: unknown;
  readonly context?: Context;
  readonly nodes?: unknown;
}

/** What the journal says of an actor. */
export interface ActorPast {
  /** Its snapshot, as it was when it was made and as it is now. */
  readonly first: Stored;
  readonly now: Stored;
  readonly firstSeq: number;
  /** Milliseconds since 1970. */
  readonly firstAt: number;
  /** The last journal row that changed its context for certain, and the last that may have done so. */
  readonly changedAt: number;
  readonly mayHaveChangedSeq: number;
}

/**
 * Makes every actor's snapshot anew from its journal, and compares it and what follows from it with the actor's row.
 * Hands each actor on, parents before children, with its parent.
 */
export function verifyActors(
  db: Database,
  faults: Faults,
  each: (actor: ActorColumns, past: ActorPast, parent: ActorColumns | undefined) => void = () => undefined,
): void {
  const pagesOf = db.prepare<[number], JournalPage>(
    `SELECT ${journalPageColumns} FROM journal_pages
      WHERE actor_no = ? ORDER BY first_seq`,
  );
  const known = new Map<number, ActorColumns>();
  for (const actor of db.prepare<[], ActorColumns>("SELECT * FROM actors ORDER BY no").iterate()) {
    const fault = (detail: string): void => faults.add("actor", "actors", actor.id, detail);
    const parent = actor.parent_no === null ? undefined : known.get(actor.parent_no);
    // Snapshots are what is large: those of parents are not needed again.
    known.set(actor.no, { ...actor, snapshot: "" });
    const past = rebuilt(pagesOf.iterate(actor.no));
    if (past === undefined) {
      faults.add("snapshot", "actors", actor.id, "its journal makes no snapshot");
      continue;
    }
    if (!isSnapshot(actor.snapshot, past.now)) {
      faults.add("snapshot", "actors", actor.id, "its snapshot is not what its journal makes");
    }
    const said = placeFault(actor, past, parent);
    if (said !== undefined) {
      fault(said);
    }
    try {
      each(actor, past, parent);
    } catch {
      faults.add("snapshot", "actors", actor.id, "its snapshot is none of its machine");
    }
  }
  const [orphan] = db
    .prepare<[], { first_seq: number }>(
      "SELECT first_seq FROM journal_pages WHERE actor_no NOT IN (SELECT no FROM actors) LIMIT 1",
    )
    .all();
  if (orphan !== undefined) {
    faults.add("actor", "journal_pages", orphan.first_seq, "its actor is not there");
  }
}

type Past = ActorPast & { readonly left: boolean };

function rebuilt(pages: Iterable<JournalPage>): Past | undefined {
  let first: Stored | undefined;
  let stored: unknown;
  let [firstSeq, firstAt, changedAt, mayHaveChangedSeq] = [0, 0, 0, 0];
  try {
    for (const page of pages) {
      for (const [seq, at, , delta] of journalEntries(page)) {
        stored = patch(stored, delta);
        const isWhole = "=" in delta;
        if (first === undefined) {
          first = stored as Stored;
          [firstSeq, firstAt, changedAt, mayHaveChangedSeq] = [seq, at, at, seq];
        } else if (isWhole) {
          mayHaveChangedSeq = seq;
        } else if ("~" in delta && delta["~"]?.["context"] !== undefined) {
          [changedAt, mayHaveChangedSeq] = [at, seq];
        }
      }
    }
  } catch {
    return undefined;
  }
  if (first === undefined || typeof stored !== "object" || stored === null) {
    return undefined;
  }
  const { left, ...now } = stored as Stored & { readonly left?: true };
  return { first, now: present(now), firstSeq, firstAt, changedAt, mayHaveChangedSeq, left: left === true };
}

/** Without members that have no value any more: a row leaves them out. */
function present(stored: Stored): Stored {
  const members = Object.entries(stored).filter(([, value]) => !isDeepStrictEqual(value, { $pawl: "undefined" }));
  return Object.fromEntries(members) as unknown as Stored;
}

/** Text and value: what JSON writes in two ways was written in the one of JSON.stringify. */
function isSnapshot(text: string, made: Stored): boolean {
  try {
    const value: unknown = JSON.parse(text);
    // In which order an ended machine entered its last states is forgotten by a restart: nothing depends on it.
    const { nodes: _, ...withoutOrder } = made;
    const isMade =
      isDeepStrictEqual(value, made) || (made.status !== "active" && isDeepStrictEqual(value, withoutOrder));
    return isMade && JSON.stringify(value) === text;
  } catch {
    return false;
  }
}

/** What is wrong with where an actor stands in the tree, or with what its row says of its snapshot. */
function placeFault(actor: ActorColumns, { now, left }: Past, parent: ActorColumns | undefined): string | undefined {
  if ((parent === undefined) !== (actor.parent_no === null)) {
    return `its parent ${actor.parent_no} is not there`;
  }
  const expected: Readonly<Record<string, readonly unknown[]>> = {
    id: [parent === undefined ? actor.key : `${parent.id}/${actor.key}`],
    root_no: [parent?.root_no ?? actor.no],
    asleep: parent === undefined ? [0, 1] : [parent.asleep],
    state: [now.value === undefined ? "" : stateText(now.value)],
    // One that was stopped before it began still has the snapshot that it would have begun with.
    status: now.status === "active" ? ["active", "stopped"] : [now.status],
    live: left || parent?.live === 0 ? [0] : actor.status === "stopped" ? [0, 1] : [1],
  };
  for (const [column, values] of Object.entries(expected)) {
    const found = actor[column as keyof ActorColumns];
    if (!values.includes(found)) {
      return `${column} is ${JSON.stringify(found)}, it should be ${values.map((one) => JSON.stringify(one)).join(" or ")}`;
    }
  }
  return undefined;
}
