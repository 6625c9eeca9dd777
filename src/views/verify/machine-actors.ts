import { catalogue, type EntityType, type MachineEntry } from "../../../machines/index.ts";
import type { ActorColumns } from "./actors.ts";
import type { Faults } from "./fault.ts";
import { allNodes } from "./state-nodes.ts";
import { isEntityType } from "./transitions.ts";

/** Compares what an actor's row says of its logic with the catalogue: machines, and the effects that they invoke. */
export class MachineActors {
  readonly #faults: Faults;
  /** By machine and version: one structure each. */
  readonly #fingerprints = new Map<string, string>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  take(actor: ActorColumns, parent: ActorColumns | undefined): void {
    const { machine } = actor;
    const expected = isEntityType(machine)
      ? { src: [machine], ...this.#ofMachine(machine, actor) }
      : parent !== undefined && isEntityType(parent.machine)
        ? { src: effectsOf(parent.machine, actor.key), machine: [""], version: ["1"], fingerprint: [""] }
        : undefined;
    if (expected === undefined) {
      return;
    }
    const all: Readonly<Record<string, readonly unknown[]>> = {
      ...expected,
      // None of these machines uses any.
      system_id: [null],
      sync_snapshot: [0],
      tags: [""],
    };
    for (const [column, values] of Object.entries(all)) {
      const found = actor[column as keyof ActorColumns];
      if (!values.includes(found)) {
        this.#faults.add(
          "actor",
          "actors",
          actor.id,
          `${column} is ${JSON.stringify(found)}, it should be ${values.map((one) => JSON.stringify(one)).join(" or ")}`,
        );
      }
    }
  }

  #ofMachine(
    machine: EntityType,
    { version, fingerprint }: ActorColumns,
  ): Readonly<Record<string, readonly unknown[]>> {
    const name = `${machine} ${version}`;
    const known = this.#fingerprints.get(name) ?? fingerprint;
    this.#fingerprints.set(name, known);
    const { version: present }: MachineEntry = catalogue[machine];
    return {
      version: /^\d+\.\d+\.\d+$/.test(version) && version <= present ? [version] : [present],
      fingerprint: [known],
    };
  }
}

/** The effects that a machine invokes under this key. */
function effectsOf(machine: EntityType, key: string): string[] {
  const { machine: logic }: MachineEntry = catalogue[machine];
  return allNodes(logic.root)
    .flatMap((node) => node.invoke)
    .filter(({ id }) => id === key)
    .map(({ src }) => String(src));
}
