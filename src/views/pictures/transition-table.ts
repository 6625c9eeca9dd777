import type { MachineEntry } from "../../../machines/entry.ts";
import { code, markdownTable } from "./markdown.ts";

/** All declared transitions of a machine as a Markdown table, in the order of its states. */
export function transitionTableOf(entry: MachineEntry): string {
  const order = new Map(entry.states.map((state, index) => [state.name, index]));
  const place = (name: string) => order.get(name) ?? order.size;
  const sorted = entry.transitions.toSorted((a, b) => place(a.from) - place(b.from) || place(a.to) - place(b.to));
  return markdownTable(
    ["from", "to", "trigger", "guard", "severity", "since", "§", "what happens"],
    sorted.map((transition) => [
      code(transition.from),
      code(transition.to),
      code(transition.trigger) + (transition.override === true ? " (override)" : ""),
      transition.guard ?? "",
      transition.severity,
      transition.since,
      transition.section,
      transition.description,
    ]),
  );
}

/** All states of a machine as a Markdown table. */
export function stateTableOf(entry: MachineEntry): string {
  return markdownTable(
    ["state", "meaning", "kind", "since", "§"],
    entry.states.map((state) => [
      code(state.name),
      state.description,
      state.initial ? "initial" : state.terminal ? "terminal" : "",
      state.since,
      state.section,
    ]),
  );
}
