import type { MachineEntry } from "../../../machines/entry.ts";
import { code, markdownTable } from "./markdown.ts";

/** What of the catalogue comes from which section of the source document, by section. */
export function traceability(entries: readonly MachineEntry[]): string {
  const sections = new Map<string, Map<string, { states: number; transitions: number }>>();
  const count = (section: string, machine: string, part: "states" | "transitions") => {
    const machines = sections.get(section) ?? new Map<string, { states: number; transitions: number }>();
    const counts = machines.get(machine) ?? { states: 0, transitions: 0 };
    counts[part] += 1;
    machines.set(machine, counts);
    sections.set(section, machines);
  };
  for (const entry of entries) {
    for (const state of entry.states) {
      count(state.section, entry.name, "states");
    }
    for (const transition of entry.transitions) {
      count(transition.section, entry.name, "transitions");
    }
  }
  const rows = [...sections]
    .toSorted(([a], [b]) => bySection(a, b))
    .flatMap(([section, machines]) =>
      [...machines].map(([machine, { states, transitions }]) => [
        `§${section}`,
        code(machine),
        String(states),
        String(transitions),
      ]),
    );
  return markdownTable(["source", "machine", "states", "transitions"], rows);
}

/** 1.10 comes after 1.9. */
function bySection(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
