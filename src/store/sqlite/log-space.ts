import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { Database } from "better-sqlite3";

/**
 * So many pages of SQLite's log are folded into the file at once, where no thread does it. The commit that folds waits
 * some times as long as others, and the next one still twice: of a thousand small commits about four are such.
 */
export const logPages = 4_000;

/** A process that makes so many commits makes more. */
const afterCommits = 32;
const zeros = Buffer.alloc(256 * 1024);
const headerBytes = 32;
const frameHeaderBytes = 24;

/**
 * Makes room for SQLite's log, to be asked after each commit. A commit that makes its file longer waits for the file
 * system's own journal as well, now and then several times as long as for its own bytes; one that writes over zeros does
 * not. Bytes behind the last valid frame mean nothing to SQLite (its file format, §4.4), as those that an earlier round
 * of the log leaves there. Nobody else appends meanwhile: the lock for writing is held.
 */
export function makeRoomInLog(db: Database): () => void {
  let commits = 0;
  return () => {
    commits += 1;
    if (commits === afterCommits && !db.memory) {
      try {
        db.transaction(() => layZeros(`${db.name}-wal`, roomInLog(db))).immediate();
      } catch {
        // Commits go on without: what is wrong, if it stays so, is said by one of them.
      }
    }
  };
}

/** Bytes of a log of so many pages. */
export function roomInLog(db: Database): number {
  return headerBytes + logPages * (frameHeaderBytes + (db.pragma("page_size", { simple: true }) as number));
}

function layZeros(log: string, until: number): void {
  const descriptor = openSync(log, "r+");
  const before = fstatSync(descriptor).size;
  try {
    for (let at = before; at < until; at += zeros.length) {
      writeSync(descriptor, zeros, 0, Math.min(zeros.length, until - at), at);
    }
    fdatasyncSync(descriptor);
  } catch (error) {
    // A disk that is full needs the place for what there is to write.
    ftruncateSync(descriptor, before);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
