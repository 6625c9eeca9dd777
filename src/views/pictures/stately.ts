import type { MachineEntry } from "../../../machines/entry.ts";
import type { PictureOptions } from "./diagram.ts";

/**
 * The definition of a machine as JSON for Stately's editor and inspector. What is code in it (an action written in
 * place) is given by its name, as JSON has no place for it.
 */
export function statelyOf(entry: MachineEntry): string {
  return `${JSON.stringify(entry.machine.config, nameOfCode, 2)}\n`;
}

function nameOfCode(_key: string, value: unknown): unknown {
  if (typeof value !== "function") {
    return value;
  }
  // XState's own actions (assign, raise) are functions that say in `type` what they are.
  const { type, name } = value as { readonly type?: unknown; readonly name: string };
  return { type: typeof type === "string" ? type : name === "" ? "inline" : name };
}

/**
 * A machine as the catalogue has it, as JSON: states and transitions with all that is known of them, and of an entity
 * where it is and the way that it took.
 */
export function entryJsonOf(entry: MachineEntry, options: PictureOptions = {}): string {
  const { machine: _, ...rest } = entry;
  return `${JSON.stringify({ ...rest, ...options }, undefined, 2)}\n`;
}
