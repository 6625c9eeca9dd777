import type { Database } from "better-sqlite3";
import type { Commit } from "../port.ts";
import { type Renew, renewal } from "./claim.ts";
import { commitWriter, Fenced } from "./commit.ts";
import { type CommitRows, commitRows } from "./commit-rows.ts";
import { makeRoomInLog } from "./log-space.ts";

/** Why nothing of a commit was written, in a form that can go from thread to thread. */
export interface WriteFailure {
  readonly message: string;
  /** SQLite's code, or that of the file system. */
  readonly code?: string;
  /** The fence in force, where another process has taken over (I8). */
  readonly fence?: number;
  /** The thread that was to write it has ended. */
  readonly hasNoThread?: boolean;
}

export type WriteOutcome = { readonly hashes: readonly string[] } | { readonly failure: WriteFailure };

/** Writes commits one after the other, in the order in which they come. */
export interface Writer {
  write(commit: Commit, ended: (outcome: WriteOutcome) => void): void;
  /** Renews the claim after the commits that were handed over. */
  readonly renew: Renew;
  /** Blocks until all that was handed over has ended. */
  settle(): void;
  close(): void;
}

/** Writes in the thread of its caller: each commit has ended when `write` returns. */
export function writerHere(db: Database, fence: number): Writer {
  const write = outcomeOf(db, fence);
  const makeRoom = makeRoomInLog(db);
  return {
    write: (commit, ended) => {
      ended(write(commitRows(commit)));
      makeRoom();
    },
    renew: renewal(db, fence),
    settle: () => undefined,
    close: () => undefined,
  };
}

/** Writes a commit and says how it ended; throws nothing. */
export function outcomeOf(db: Database, fence: number): (commit: CommitRows) => WriteOutcome {
  const writer = commitWriter(db, fence);
  return (commit) => {
    try {
      return { hashes: writer.write(commit) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  };
}

function failureOf(error: unknown): WriteFailure {
  const { message, code } = error as { message?: unknown; code?: unknown };
  return {
    message: typeof message === "string" ? message : String(error),
    ...(typeof code === "string" && { code }),
    ...(error instanceof Fenced && { fence: error.found }),
  };
}
