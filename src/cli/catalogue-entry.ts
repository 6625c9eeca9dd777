import { catalogue, type EntityType, type MachineEntry } from "../../machines/index.ts";
import { PawlError } from "../base/errors/index.ts";
import { nearest } from "../base/nearest.ts";

const names = Object.keys(catalogue) as EntityType[];

/** A machine of the catalogue by its name. @throws PawlError MACHINE_NAME_UNKNOWN with the nearest name */
export function namedMachine(name: string): { readonly entity: EntityType; readonly entry: MachineEntry } {
  const entity = names.find((each) => each === name);
  if (entity === undefined) {
    throw new PawlError("MACHINE_NAME_UNKNOWN", { name, nearest: nearest(name, names) ?? names.join(", ") });
  }
  return { entity, entry: catalogue[entity] };
}
