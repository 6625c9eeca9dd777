import { PawlError } from "../base/errors/index.ts";
import type { Ids } from "../base/ids.ts";
import type { Clock } from "../base/time.ts";
import type { Durability, Store } from "../store/port.ts";
import { refuseBadDuration, refuseBadRegistrations, refuseUnknownOptions } from "./arguments.ts";
import type { MachineMap } from "./registry.ts";

export interface RuntimeOptions<TMachines extends MachineMap> {
  /** The SQLite file; made when it is not there. `:memory:`, the default, lives as long as the process. */
  readonly file?: string | undefined;
  /** An open store instead of a file, for one runtime at a time; the caller closes it. */
  readonly store?: Store | undefined;
  /** Every machine that roots are made from, by the name under which they are found again after a restart. */
  readonly machines: TMachines;
  /**
   * `full` (the default): an acknowledged event survives a power cut. `normal`: it survives `kill -9` and a crash of
   * the process; a power cut may take the last commits, never the file's integrity.
   */
  readonly durability?: Durability | undefined;
  /** Refuse logic that is not registered, instead of running it for the life of the process. Default false. */
  readonly strict?: boolean | undefined;
  /** How long to wait for a store that another process uses, or has locked. Default 0. */
  readonly waitMs?: number | undefined;
  /** Roots that nobody uses for so long are put to sleep. Default: never. */
  readonly passivateAfterMs?: number | undefined;
  /** Tells all time and sets all timers. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Makes the ids of actors that were given none, of audit events, and of a new store. Default: ULIDs. */
  readonly ids?: Ids | undefined;
  /** Gets what XState's `log` actions say. Default: `console.log`. */
  readonly logger?: ((...args: unknown[]) => void) | undefined;
  /** Told once when the store fails and nothing is accepted any more. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

const known: Readonly<Record<keyof RuntimeOptions<MachineMap>, true>> = {
  file: true,
  store: true,
  machines: true,
  durability: true,
  strict: true,
  waitMs: true,
  passivateAfterMs: true,
  clock: true,
  ids: true,
  logger: true,
  onFailure: true,
};

/** What an option must be able to do: else it is missed only when an actor asks for it. */
const methods = [
  ["ids", "next"],
  ["logger", "call"],
  ["onFailure", "call"],
] as const satisfies (readonly [keyof RuntimeOptions<MachineMap>, string])[];

/** @throws PawlError OPTIONS_INVALID */
function refuseUnable(options: RuntimeOptions<MachineMap>): void {
  for (const [option, method] of methods) {
    const value = (options[option] ?? undefined) as Readonly<Record<string, unknown>> | undefined;
    if (value !== undefined && typeof value[method] !== "function") {
      const what = method === "call" ? `${option} that is no function` : `${option} without ${method}()`;
      throw new PawlError("OPTIONS_INVALID", { place: "openRuntime", what, known: Object.keys(known).join(", ") });
    }
  }
}

const partsOfClock = ["now", "monotonic", "setTimeout", "clearTimeout"] as const;

/** @throws PawlError CLOCK_INVALID */
function refuseBadClock(clock: Clock | null | undefined): void {
  const missing = clock ? partsOfClock.filter((part) => typeof clock[part] !== "function") : [];
  if (missing.length > 0) {
    throw new PawlError("CLOCK_INVALID", { missing: missing.map((part) => `${part}()`).join(", ") });
  }
}

/** @throws PawlError MACHINE_INVALID, OPTIONS_INVALID, DURATION_OPTION_INVALID, CLOCK_INVALID */
export function refuseBadRuntimeOptions(options: RuntimeOptions<MachineMap>): void {
  refuseBadRegistrations(options?.machines);
  refuseUnknownOptions("openRuntime", options, Object.keys(known));
  refuseUnable(options);
  refuseBadClock(options.clock);
  refuseBadDuration("waitMs", options.waitMs);
  refuseBadDuration("passivateAfterMs", options.passivateAfterMs);
}
