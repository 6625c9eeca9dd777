import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Database } from "better-sqlite3";
import { PawlError } from "../../base/errors/index.ts";
import { parseProcStat } from "../../base/proc-stat.ts";
import type { Clock } from "../../base/time.ts";

/** How long a claim holds without being renewed: a process that slept longer may find another in its place. */
const claimForMs = 10_000;
/** None is made for so long: one that seems to be was made before the clock was set back. */
const beyondAnyMs = 6 * claimForMs;

/** Claims of this process whose end could not be written, as on a full disk: nobody holds them. */
const givenUp = new Set<string>();
const nameOf = (file: string, fence: number): string => `${resolve(file)} ${fence}`;
const wasGivenUp = (file: string, { fence, pid }: ClaimRow): boolean =>
  pid === process.pid && givenUp.has(nameOf(file, fence));

interface ClaimRow {
  readonly fence: number;
  readonly pid: number;
  readonly host: string;
  readonly process_start: string;
  readonly expires_at: number;
}

const claimQuery = "SELECT fence, pid, host, process_start, expires_at FROM claim";

/** The right of one process to write to a store (I8). */
export interface Claim {
  readonly fence: number;
  /** Has it renewed from now on by whoever writes, so that nobody waits for the lock of the other. */
  keep(renew: Renew): void;
  /** Ends that: who cannot write any more keeps no other from it for longer than the claim holds. */
  letRunOut(): void;
  release(): void;
}

/** Moves the end of a claim. @param expiresAt milliseconds since 1970 */
export type Renew = (expiresAt: number) => void;

/** Renews a claim by this connection. */
export function renewal(db: Database, fence: number): Renew {
  const renew = db.prepare("UPDATE claim SET expires_at = ? WHERE fence = ?");
  return (expiresAt) => {
    try {
      renew.run(expiresAt, fence);
    } catch {
      // A busy or failing file: the next commit meets the same and reports it.
    }
  };
}

/**
 * Takes the claim, or refuses while its owner lives. An owner on this host that is gone, or one whose claim ran out,
 * is replaced at once.
 * @throws PawlError STORE_IN_USE
 */
export function takeClaim(db: Database, file: string, clock: Clock, forMs = claimForMs): Claim {
  const read = db.prepare<[], ClaimRow>(claimQuery);
  const take = db.transaction((): number => {
    const present = read.get();
    refuseHeld(file, present, clock);
    const fence = (present?.fence ?? 0) + 1;
    db.prepare("INSERT OR REPLACE INTO claim VALUES (1, ?, ?, ?, ?, ?)").run(
      fence,
      process.pid,
      hostname(),
      processStart(process.pid) ?? "",
      clock.now() + forMs,
    );
    return fence;
  });
  const fence = take.immediate();

  let beat: ReturnType<typeof setInterval> | undefined;
  return {
    fence,
    keep: (renew) => {
      // On a third of the time, so that one late beat loses nothing.
      beat = setInterval(() => renew(clock.now() + forMs), forMs / 3);
      beat.unref();
    },
    letRunOut: () => clearInterval(beat),
    release: () => {
      clearInterval(beat);
      try {
        db.prepare("UPDATE claim SET expires_at = 0, pid = 0 WHERE fence = ?").run(fence);
      } catch (error) {
        givenUp.add(nameOf(file, fence));
        throw error;
      }
    },
  };
}

/** @throws PawlError STORE_IN_USE while somebody holds the claim */
export function refuseInUse(db: Database, file: string, clock: Clock): void {
  refuseHeld(file, db.prepare<[], ClaimRow>(claimQuery).get(), clock);
}

function refuseHeld(file: string, claim: ClaimRow | undefined, clock: Clock): void {
  if (claim !== undefined && !wasGivenUp(file, claim) && holds(claim, clock.now())) {
    const { pid, host } = claim;
    throw new PawlError("STORE_IN_USE", { file, pid: pid === process.pid ? `${pid} (this one)` : pid, host });
  }
}

/** The process that may write to a store now; undefined when nobody may, or whoever could is gone. */
export function claimHolder(db: Database, nowMs: number): Pick<ClaimRow, "pid" | "host"> | undefined {
  const claim = db.prepare<[], ClaimRow>(claimQuery).get();
  return claim !== undefined && holds(claim, nowMs) ? { pid: claim.pid, host: claim.host } : undefined;
}

/**
 * A check to be made inside each write transaction: it answers with the fence that is in force where that is another's.
 */
export function fenceCheck(db: Database, fence: number): () => number | undefined {
  const read = db.prepare("SELECT fence FROM claim").pluck();
  return () => {
    const found = (read.get() as number | undefined) ?? 0;
    return found === fence ? undefined : found;
  };
}

function holds(claim: ClaimRow, nowMs: number): boolean {
  if (claim.expires_at <= nowMs) {
    return false;
  }
  if (claim.host !== hostname()) {
    return claim.expires_at - nowMs < beyondAnyMs;
  }
  const start = processStart(claim.pid);
  // A pid can be used again: the same pid with another start time is another process.
  return start !== undefined && (claim.process_start === "" || start === claim.process_start);
}

/** When a process started, in a form that is only compared; undefined when there is none, or it has ended. */
function processStart(pid: number): string | undefined {
  try {
    const stat = parseProcStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return stat.isDead ? undefined : stat.field(22);
  } catch {
    return isAlive(pid) ? "" : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
