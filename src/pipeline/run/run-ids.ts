import { PawlError } from "../../base/errors/index.ts";
import { runBranch, type Sha } from "../git/index.ts";

/** Letters, digits, `-` and `_`: fit for a branch, a folder and a command line. */
const allowed = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;

interface Names {
  /** What the user chose. */
  readonly id: string | undefined;
  readonly existing: readonly { readonly run: string; readonly state: string }[];
  /** A branch by which a name is taken. */
  readonly taking: (run: string) => Promise<{ readonly branch: string; readonly commit: Sha } | null>;
}

/**
 * Begins a run under the id that {@link chooseRunId} gives, and resolves to it. A run that another worktree of the
 * repository begins in the same moment, with a store of its own, may be faster: then the next number is tried.
 * @param begin rejects when the run's branch cannot be made
 */
export async function beginUnderName(
  planName: string,
  names: Names,
  begin: (run: string) => Promise<void>,
): Promise<string> {
  for (;;) {
    const run = await chooseRunId(planName, names);
    try {
      await begin(run);
      return run;
    } catch (cause) {
      if (names.id !== undefined || (await names.taking(run)) === null) {
        throw cause;
      }
    }
  }
}

/**
 * The id that a user chose for a run, or else the plan's name and the next number that is free: `harden-client-3`. Free
 * in the store, and in the repository too, whose branches may be those of another store.
 * @throws PawlError RUN_NAME, RUN_EXISTS, BRANCH_EXISTS
 */
export async function chooseRunId(planName: string, { id, existing, taking }: Names): Promise<string> {
  const stored = new Map(existing.map(({ run, state }) => [run, state]));
  if (id === undefined) {
    return await nextRunId(planName, async (run) => stored.has(run) || (await taking(run)) !== null);
  }
  if (!allowed.test(id)) {
    throw new PawlError("RUN_NAME", { run: id });
  }
  const state = stored.get(id);
  if (state !== undefined) {
    throw new PawlError("RUN_EXISTS", { run: id, state });
  }
  const found = await taking(id);
  if (found !== null) {
    throw new PawlError("BRANCH_EXISTS", { branch: runBranch(id), blocker: found.branch, found: found.commit });
  }
  return id;
}

async function nextRunId(planName: string, taken: (run: string) => Promise<boolean>): Promise<string> {
  const name =
    planName
      .replace(/[^A-Za-z0-9_-]+/g, "-")
      .replace(/^[-_]+/, "")
      .slice(0, 50) || "run";
  let number = 1;
  while (await taken(`${name}-${number}`)) {
    number += 1;
  }
  return `${name}-${number}`;
}
