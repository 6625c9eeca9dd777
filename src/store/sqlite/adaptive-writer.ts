import type { Database } from "better-sqlite3";
import type { Commit } from "../port.ts";
import type { Place } from "./place.ts";
import { type WriteOutcome, type Writer, writerHere } from "./writer.ts";

/** Under load more happens while a commit is being written: the next one is large. */
const eventsOfLarge = 16;

export interface AdaptiveWriterParts {
  readonly db: Database;
  readonly fence: number;
  readonly place: Place;
  /** How many events in large commits are much. */
  readonly threadAfter: number;
  readonly openThread: () => Writer;
}

/** Writes here at first, and in a thread once there is much to write at a time. */
export function adaptiveWriter({ db, fence, place, threadAfter, openThread }: AdaptiveWriterParts): Writer {
  const here = writerHere(db, fence);
  let inLarge = 0;
  let wasBegun = false;
  let writer = here;
  /** It is not known yet whether there is a thread: what comes meanwhile has no other place. */
  let isBeginning = false;
  const held: Parameters<Writer["write"]>[] = [];
  /** What became of the commit before those that are held, where it failed: they follow from it. */
  let refused: WriteOutcome | undefined;
  const handOver = (): void => {
    for (let next = held.shift(); next !== undefined; next = held.shift()) {
      const [commit, ended] = next;
      if (refused === undefined) {
        writer.write(commit, ended);
      } else {
        ended(refused);
      }
    }
    refused = undefined;
  };

  /** A process that may have no thread, or whose program for it is not there, as in a bundle, goes without. */
  const begin = (commit: Commit, ended: (outcome: WriteOutcome) => void): void => {
    wasBegun = true;
    const before = commitsOfOthers(db);
    try {
      writer = openThread();
    } catch {
      here.write(commit, ended);
      return;
    }
    isBeginning = true;
    const begun = (outcome: WriteOutcome): void => {
      isBeginning = false;
      refused = "failure" in outcome ? outcome : undefined;
      ended(outcome);
      handOver();
    };
    writer.write(commit, (outcome) => {
      if ("failure" in outcome && outcome.failure.hasNoThread === true && commitsOfOthers(db) === before) {
        writer = here;
        here.write(commit, begun);
        return;
      }
      // It only reads from here on.
      db.pragma("cache_size = -2000");
      db.pragma("shrink_memory");
      begun(outcome);
    });
  };

  return {
    write: (commit, ended) => {
      const gone = place.gone();
      if (gone !== undefined) {
        // SQLite's own code, which it does not give where there is a log.
        ended({ failure: { message: `${gone} is another file, or none`, code: "SQLITE_READONLY_DBMOVED" } });
        return;
      }
      const events = commit.journal.length;
      inLarge += events > eventsOfLarge ? events : 0;
      if (!wasBegun && inLarge >= threadAfter) {
        begin(commit, ended);
        return;
      }
      held.push([commit, ended]);
      if (!isBeginning) {
        handOver();
      }
    },
    renew: (expiresAt) => writer.renew(expiresAt),
    settle: () => {
      if (!isBeginning) {
        handOver();
      }
      writer.settle();
    },
    close: () => writer.close(),
  };
}

/** Changes once another connection has committed. */
const commitsOfOthers = (db: Database): unknown => db.pragma("data_version", { simple: true });
