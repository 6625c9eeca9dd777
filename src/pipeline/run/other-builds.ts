import type { Database } from "better-sqlite3";
import { PawlError } from "../../base/errors/index.ts";

/** Migrate functions of a machine by the version they start from. */
type Migrations = Readonly<Record<string, (snapshot: Record<string, unknown>) => Record<string, unknown>>>;

/** Migrate functions of a machine that has this version now. */
export type MigrationsOf = (machine: string, version: string) => Migrations;

/**
 * Opens the machines of runs over what another build of Pawl stored. Runs that have ended are not looked at. One that has
 * not is taken as it is only where it is to be cancelled, which machines of all versions know; to go on with it, its
 * build is needed.
 *
 * @param open asked again, with migrate functions, where machines have changed
 * @throws PawlError RUN_OF_ANOTHER_BUILD, and what `open` throws
 */
export async function openOverOtherBuilds<T>(
  reader: Database,
  { toCancel }: { readonly toCancel: boolean },
  open: (migrationsOf: MigrationsOf) => Promise<T>,
): Promise<T> {
  try {
    // As a rule nothing has changed, and a large store is not looked through.
    return await open(() => ({}));
  } catch (error) {
    if (!isMachineChanged(error)) {
      throw error;
    }
    if (!toCancel) {
      const remedy = (run: string) =>
        `Finish it with that build (pawl resume ${run}), or, where this one has its states too, end it here: pawl cancel ${run}`;
      throw ofAnotherBuild(error, remedy);
    }
  }
  try {
    return await open(takenAsItIs(reader));
  } catch (error) {
    throw isMachineChanged(error)
      ? ofAnotherBuild(
          error,
          () => "Finish or cancel it with that build, or keep new runs apart from it: pawl run PLAN --state DIR",
        )
      : error;
  }
}

/** What is asked of a run that has ended, which is restored only now. @throws PawlError RUN_OF_ANOTHER_BUILD */
export function overEndedRun<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw isMachineChanged(error)
      ? ofAnotherBuild(error, () => "It has ended, and only that build can still change something about it")
      : error;
  }
}

function isMachineChanged(error: unknown): error is PawlError {
  return error instanceof PawlError && error.code === "MACHINE_CHANGED";
}

function ofAnotherBuild(cause: PawlError, remedyFor: (run: string) => string): PawlError {
  const list = String(cause.values["list"]);
  const run = /^[^/ ,]*/.exec(list)?.[0] ?? "";
  return new PawlError("RUN_OF_ANOTHER_BUILD", { run, list, remedy: remedyFor(run) }, { cause });
}

function takenAsItIs(reader: Database): MigrationsOf {
  const stored = reader.prepare("SELECT DISTINCT machine, version FROM actors WHERE live = 1").all() as {
    readonly machine: string;
    readonly version: string;
  }[];
  return (machine, now) => {
    const others = stored.filter((each) => each.machine === machine && each.version !== now);
    return Object.fromEntries(others.map(({ version }) => [version, (snapshot) => snapshot]));
  };
}
