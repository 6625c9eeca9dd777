import { PawlError } from "../base/errors/index.ts";

/** A persisted snapshot as a migration sees it: `value`, `context`, `status`, …; plain data, free to be changed. */
export type StoredSnapshot = Record<string, unknown>;

/** Brings a stored snapshot from one version of its machine to the next. */
export type Migrate = (snapshot: StoredSnapshot, actor: { readonly id: string }) => StoredSnapshot;

/** Migrate functions by the version they start from. */
export type Migrations = Readonly<Record<string, Migrate>>;

/** In the order in which they are applied. */
export type MigrationSteps = readonly (readonly [from: string, migrate: Migrate])[];

const numbers = /^\d+(\.\d+)*$/;
/** JavaScript puts such keys before all others, wherever they were written. */
const wholeNumber = /^(0|[1-9]\d*)$/;

/**
 * Versions that are numbers with dots between are in the order of the numbers; others in that in which they were
 * written, as long as the language keeps it.
 * @throws PawlError MIGRATIONS_UNORDERED
 */
export function migrationSteps(machine: string, migrations: Migrations): MigrationSteps {
  const steps = Object.entries(migrations);
  if (steps.every(([from]) => numbers.test(from))) {
    return steps.sort(([a], [b]) => compared(a, b));
  }
  const moved = steps.find(([from]) => wholeNumber.test(from));
  if (moved !== undefined) {
    const other = steps.find(([from]) => !numbers.test(from));
    throw new PawlError("MIGRATIONS_UNORDERED", { machine, version: moved[0], other: other?.[0] ?? "" });
  }
  return steps;
}

function compared(a: string, b: string): number {
  const [one, other] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return one.length - other.length;
}
