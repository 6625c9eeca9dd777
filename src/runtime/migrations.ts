import { inspect } from "node:util";
import { PawlError } from "../base/errors/index.ts";
import type { ActorRow } from "../store/port.ts";
import { encode } from "./codec.ts";

/** A persisted snapshot as a migration sees it: `value`, `context`, `status`, …; plain data, free to be changed. */
export type StoredSnapshot = Record<string, unknown>;

/**
 * Brings a stored snapshot from one version of its machine to the next, and gives it back whole. No state is entered by
 * that: of the one that it leads to, entry actions, invoked actors and `after` do not begin. Out of the one that it
 * leads from, `after` ends; exit actions do not run, and what was invoked there runs on, heard by nobody.
 */
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

/**
 * A stored snapshot, brought to the present version of its machine.
 * @throws what a migrate function throws; an Error that says what is missing, or of what it gave cannot be gone on from
 */
export function migrated(snapshot: StoredSnapshot, row: ActorRow, to: Target): StoredSnapshot {
  const first = to.migrate.findIndex(([from]) => from === row.version);
  if (first === -1) {
    throw new Error(`no migrate function from version ${row.version} to ${to.version}`);
  }
  return to.migrate.slice(first).reduce((before, [from, step]) => {
    const after: unknown = step(before, { id: row.id });
    const fault = whyNoSnapshot(after);
    if (fault !== undefined) {
      throw new Error(`the migrate function from version ${from} returned ${fault}`);
    }
    const given = after as StoredSnapshot;
    return { ...given, status: given["status"] ?? row.status };
  }, snapshot);
}

interface Target {
  readonly version: string;
  readonly migrate: MigrationSteps;
}

const statuses: readonly unknown[] = ["active", "done", "error", "stopped"] satisfies ActorRow["status"][];
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

function whyNoSnapshot(given: unknown): string | undefined {
  if (typeof given !== "object" || given === null || given instanceof Promise) {
    return `${given instanceof Promise ? "a promise" : String(given)}, not a snapshot`;
  }
  const { status, value, context } = given as StoredSnapshot;
  if (!isObject(value) && typeof value !== "string") {
    return `a snapshot whose value is ${shown(value)}`;
  }
  if (!isObject(context)) {
    return `a snapshot whose context is ${shown(context)}`;
  }
  if (status !== undefined && !statuses.includes(status)) {
    return `a snapshot whose status is ${shown(status)}`;
  }
  try {
    encode(given, "snapshot", () => undefined);
    return undefined;
  } catch (error) {
    return `what cannot be kept: ${(error as Error).message}`;
  }
}

const shown = (value: unknown): string => inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });

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
