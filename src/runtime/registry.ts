import { createHash } from "node:crypto";
import type { AnyActorLogic } from "xstate";
import { PawlError } from "../base/errors/index.ts";
import type { MachineStamp } from "../store/port.ts";
import { isLogic, refuseBadLogic, shown } from "./arguments.ts";
import type { EntityBinding } from "./entity.ts";
import { type MigrationSteps, type Migrations, migrationSteps } from "./migrations.ts";
import { type InternalLogic, innerMachine, isMachine } from "./xstate/internals.ts";

export interface MachineRegistration<TLogic extends AnyActorLogic = AnyActorLogic> {
  readonly logic: TLogic;
  /** Default: the `version` of the machine's config, or "1". */
  readonly version?: string | undefined;
  /**
   * By the version they start from; each leads to the next one, the last one to `version`. Versions that are numbers
   * with dots between (`1`, `1.5`, `2`) are in their own order, others in that of the keys.
   */
  readonly migrate?: Migrations | undefined;
  /** Roots of this machine that nobody uses for so long are put to sleep. Default: never. */
  readonly passivateAfterMs?: number | undefined;
  /** For hosts that mirror actors in tables of their own. */
  readonly entity?: EntityBinding | undefined;
}

export type MachineMap = Readonly<Record<string, AnyActorLogic | MachineRegistration>>;

/** What the runtime knows of one kind of actor. */
export interface ActorType {
  /** As audited and listed; "" for logic that is no machine and not registered. */
  readonly name: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly migrate: MigrationSteps;
  readonly passivateAfterMs: number | undefined;
  readonly entity: EntityBinding | undefined;
}

/** The registered machines, and the types of their children. */
export class Registry {
  readonly #logics = new Map<string, InternalLogic>();
  readonly #types = new Map<string, ActorType>();
  readonly #nameByLogic = new WeakMap<object, string>();
  readonly #nameByConfig = new WeakMap<object, string>();
  readonly #typeByLogic = new WeakMap<object, ActorType>();

  constructor(machines: MachineMap) {
    for (const [name, entry] of Object.entries(machines)) {
      const registration: MachineRegistration = isLogic(entry) ? { logic: entry } : entry;
      const logic = registration.logic as unknown as InternalLogic;
      this.#logics.set(name, logic);
      this.#types.set(name, {
        ...typeOf(name, logic),
        ...(registration.version !== undefined && { version: String(registration.version) }),
        name,
        migrate: migrationSteps(name, registration.migrate ?? {}),
        passivateAfterMs: registration.passivateAfterMs,
        entity: registration.entity,
      });
      this.#nameByLogic.set(logic, name);
      this.#nameByConfig.set(configOf(logic), name);
    }
  }

  /** @throws PawlError MACHINE_UNKNOWN */
  logic(name: string): InternalLogic {
    const logic = this.#logics.get(name);
    if (logic === undefined) {
      const known = [...this.#logics.keys()].join(", ") || "none";
      throw new PawlError("MACHINE_UNKNOWN", { machine: shown(name), known });
    }
    return logic;
  }

  /** The type of a root: by its name, since one logic may be registered under several. */
  typeOfRoot(name: string): ActorType | undefined {
    return this.#types.get(name);
  }

  /** The machines that actors may have, roots and all below them. */
  reachable(): Pick<ActorType, "version" | "fingerprint">[] {
    const found = new Set<InternalLogic>();
    const visit = (logic: InternalLogic): void => {
      if (isMachine(logic) && !found.has(logic)) {
        found.add(logic);
        for (const child of Object.values(logic.implementations.actors)) {
          visit(child as unknown as InternalLogic);
        }
      }
    };
    [...this.#logics.values()].forEach(visit);
    return [...this.#types.values(), ...[...found].map((logic) => typeOf("", logic))];
  }

  /** The registered machines, as rows of their roots have them. */
  stamps(): MachineStamp[] {
    return [...this.#types].flatMap(([src, { version, fingerprint }]) =>
      isMachine(this.logic(src)) ? [{ src, version, fingerprint }] : [],
    );
  }

  /** The shortest time after which a root of any registered machine may be put to sleep; undefined: never. */
  shortestPassivationMs(): number | undefined {
    const limits = [...this.#types.values()].flatMap(({ passivateAfterMs }) => passivateAfterMs ?? []);
    return limits.length === 0 ? undefined : Math.min(...limits);
  }

  /** The name under which a logic, or one made from it by `provide`, is registered. */
  nameOf(logic: InternalLogic): string | undefined {
    return this.#nameByLogic.get(logic) ?? this.#nameByConfig.get(configOf(logic));
  }

  /**
   * The name under which the logic of a root is registered. A machine that `provide` made from a registered one, or the
   * other way round, is refused: after a restart its actors would run with other implementations.
   * @throws PawlError LOGIC_INVALID, LOGIC_PROVIDED
   */
  nameOfRoot(logic: InternalLogic, actor: string): string | undefined {
    refuseBadLogic(logic);
    const machine = this.nameOf(logic);
    if (machine !== undefined && this.#logics.get(machine) !== logic) {
      throw new PawlError("LOGIC_PROVIDED", { actor, machine });
    }
    return machine;
  }

  /** The type of an actor by its logic; `src` names it where it is not registered. */
  typeOf(logic: InternalLogic, src: string): ActorType {
    let type = this.#typeByLogic.get(logic);
    if (type === undefined) {
      const name = this.nameOf(logic);
      type = (name === undefined ? undefined : this.#types.get(name)) ?? typeOf(src, logic);
      this.#typeByLogic.set(logic, type);
    }
    return type;
  }
}

function configOf(logic: InternalLogic): object {
  const { config } = logic;
  return (typeof config === "object" || typeof config === "function") && config !== null ? config : logic;
}

function typeOf(name: string, logic: InternalLogic): ActorType {
  const machine = isMachine(logic) ? logic : undefined;
  return {
    name: machine === undefined ? "" : name.startsWith("xstate.invoke.") ? machine.id : name,
    // Somebody without types may write the number 2, which the store would give back as "2.0".
    version: String(machine?.version ?? "1"),
    fingerprint: machine === undefined ? "" : fingerprint(innerMachine(machine).definition),
    migrate: [],
    passivateAfterMs: undefined,
    entity: undefined,
  };
}

/** Functions have no structure to compare and are left out, as JSON does. */
function fingerprint(definition: unknown): string {
  return createHash("sha256").update(textOf(definition)).digest("hex").slice(0, 16);
}

/** What stands in `meta`, `params` and the like need not be fit for JSON. */
function textOf(definition: unknown): string {
  const within: unknown[] = [];
  return JSON.stringify(definition, function (this: unknown, _, value: unknown) {
    if (typeof value === "bigint") {
      return `${value}n`;
    }
    if (typeof value === "object" && value !== null) {
      within.splice(within.indexOf(this) + 1);
      if (within.includes(value)) {
        return "a circle";
      }
      within.push(value);
    }
    return value;
  });
}
