import { existsSync, statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import type { Clock } from "../../base/time.ts";

/**
 * How long it is enough that there are files by their names: whether they are the ones that were opened is dearer to
 * ask. Of a file whose times somebody asked for, Linux writes finer times from then on, and each fsync a block more.
 */
const seenForMs = 1_000;

/** Where the files of an open database are. SQLite goes on with those that it opened, wherever they have gone. */
export interface Place {
  /**
   * The file that is not in its place any more: the next start would find another there, or none. Another one is noticed
   * within a second.
   */
  gone(): string | undefined;
  /**
   * Writes the log into a file that was moved, to be asked before it is closed. SQLite itself then leaves the log where it
   * is, and whoever makes a file in the old place throws it away.
   */
  foldLog(): void;
}

export function placeOf(db: Database, clock: Clock): Place {
  const log = `${db.name}-wal`;
  const opened = new Map((db.memory ? [] : [db.name, log]).map((place) => [place, inodeAt(place)]));
  const isGone = (place: string): boolean => {
    const found = inodeAt(place);
    return found !== undefined && found !== opened.get(place);
  };
  let seenUntil = Number.NEGATIVE_INFINITY;
  return {
    gone: () => {
      const places = [...opened.keys()];
      if (clock.monotonic() < seenUntil && places.every((place) => existsSync(place))) {
        return undefined;
      }
      seenUntil = clock.monotonic() + seenForMs;
      return places.find(isGone);
    },
    foldLog: () => {
      // Once there is another log, it says nothing any more of what is in ours.
      if (!db.memory && isGone(db.name) && !isGone(log)) {
        db.pragma("wal_checkpoint(PASSIVE)");
      }
    },
  };
}

/** 0 where there is no file; undefined where this process may not look. */
function inodeAt(place: string): number | undefined {
  try {
    return statSync(place, { throwIfNoEntry: false })?.ino ?? 0;
  } catch {
    return undefined;
  }
}
