import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { PawlError } from "../../base/errors/index.ts";
import type { Clock } from "../../base/time.ts";

/** Git holds the lock of a reference for a few milliseconds. One that is older was left by a git that was killed. */
const staleAfterMs = 2_000;
const lookEveryMs = 50;

/** What lies below these was made by Pawl. */
const ownReferences = ["refs/heads/pawl/", "refs/heads/pawl-work/", "refs/pawl/"];

interface Place {
  readonly commonDir: string;
  readonly clock: Clock;
}

/**
 * Does a git step that changes references. Where it fails because a killed git left a lock on one of Pawl's own, the
 * lock is taken away and the step is done again. Locks of the user's references are never touched.
 *
 * @throws what the step throws
 */
export async function pastStaleLocks<T>(
  place: Place,
  references: readonly string[],
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const isOfGit = error instanceof PawlError && error.code === "GIT_FAILED";
    if (!isOfGit || !(await removeStaleLocks(place, references))) {
      throw error;
    }
    return await step();
  }
}

/** Waits until locks of these references are gone or stale, and removes those. @returns whether there was one */
export async function removeStaleLocks({ commonDir, clock }: Place, references: readonly string[]): Promise<boolean> {
  const own = references.filter((reference) => ownReferences.some((start) => reference.startsWith(start)));
  const found = await Promise.all(own.map((reference) => removeWhenStale(join(commonDir, `${reference}.lock`), clock)));
  return found.includes(true);
}

async function removeWhenStale(lock: string, clock: Clock): Promise<boolean> {
  const until = clock.monotonic() + staleAfterMs;
  for (let wasThere = false; ; wasThere = true) {
    const found = await stat(lock).catch(() => null);
    if (found === null) {
      return wasThere;
    }
    if (clock.now() - found.mtimeMs >= staleAfterMs || clock.monotonic() >= until) {
      await rm(lock, { force: true });
      return true;
    }
    await new Promise<void>((resolve) => clock.setTimeout(resolve, lookEveryMs));
  }
}
