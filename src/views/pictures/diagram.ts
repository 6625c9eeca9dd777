import type { MachineEntry, StateEntry, TransitionEntry } from "../../../machines/entry.ts";
import { kindOf, type StateKind } from "./state-kind.ts";

/** One transition that an entity took, in the order it took them. */
export interface WayStep {
  readonly from: string;
  readonly to: string;
  readonly trigger: string;
}

/** What of a picture is about one entity. */
export interface PictureOptions {
  /** The state it is in now. */
  readonly present?: string | undefined;
  /** The transitions it took to get there, the first one first. */
  readonly way?: readonly WayStep[] | undefined;
}

/** How a line is drawn: as the source has it, as an addition since 1.0.0, or as a person's override. */
export type LineStyle = "source" | "addition" | "override";

export interface DiagramState {
  readonly state: StateEntry;
  readonly kind: StateKind;
  readonly present: boolean;
  readonly visited: boolean;
}

/** One trigger, and when on its way the entity took it (1 is the first step); empty where it never did. */
export interface DiagramLabel {
  readonly transition: TransitionEntry;
  readonly steps: readonly number[];
}

/** All triggers of one style that lead from one state to another. */
export interface DiagramEdge {
  readonly from: string;
  readonly to: string;
  readonly style: LineStyle;
  readonly labels: readonly DiagramLabel[];
}

/** One trigger that leads from many states to the same: drawn as a note at its target, not as a line from each. */
export interface DiagramFan {
  readonly to: string;
  readonly from: readonly string[];
  readonly style: LineStyle;
  readonly trigger: string;
  /** Whether it comes from each state that is not terminal (its target aside). */
  readonly fromAll: boolean;
  readonly steps: readonly number[];
}

export interface Diagram {
  readonly entry: MachineEntry;
  readonly states: readonly DiagramState[];
  readonly edges: readonly DiagramEdge[];
  readonly fans: readonly DiagramFan[];
}

const fanFrom = { source: 4, addition: 3, override: 2 };

/** What is to be drawn of a machine, before anything is placed. */
export function diagramOf(entry: MachineEntry, options: PictureOptions = {}): Diagram {
  const way = options.way ?? [];
  const visited = new Set(way.flatMap((step) => [step.from, step.to]));
  const fans = fansOf(entry, way);
  const fanned = new Set(fans.map((fan) => `${fan.trigger} ${fan.to}`));
  const edges = new Map<string, { from: string; to: string; style: LineStyle; labels: DiagramLabel[] }>();
  for (const transition of entry.transitions) {
    if (fanned.has(`${transition.trigger} ${transition.to}`)) {
      continue;
    }
    const { from, to } = transition;
    const style = styleOf(transition);
    const key = `${from} ${to} ${style}`;
    const edge = edges.get(key) ?? { from, to, style, labels: [] };
    // Two variants of one trigger between the same states differ in their guards only, which a label does not show.
    if (!edge.labels.some((label) => label.transition.trigger === transition.trigger)) {
      edge.labels.push({ transition, steps: stepsOf(way, transition.trigger, to, [from]) });
    }
    edges.set(key, edge);
  }
  return {
    entry,
    states: entry.states.map((state) => ({
      state,
      kind: kindOf(entry, state),
      present: state.name === options.present,
      visited: visited.has(state.name),
    })),
    edges: [...edges.values()],
    fans,
  };
}

function fansOf(entry: MachineEntry, way: readonly WayStep[]): DiagramFan[] {
  const groups = new Map<string, TransitionEntry[]>();
  for (const transition of entry.transitions) {
    const key = `${transition.trigger} ${transition.to}`;
    groups.set(key, [...(groups.get(key) ?? []), transition]);
  }
  return [...groups.values()].flatMap((group): DiagramFan[] => {
    const [first] = group;
    const from = [...new Set(group.map((transition) => transition.from))];
    if (first === undefined || from.length < fanFrom[styleOf(first)]) {
      return [];
    }
    const { trigger, to } = first;
    const open = entry.states.filter((state) => !state.terminal && state.name !== to);
    // Where the source has a part of it and an addition the rest, the whole is drawn as the source's.
    const style = group.some((transition) => styleOf(transition) === "source") ? "source" : styleOf(first);
    const fromAll = open.length > 1 && open.every((state) => from.includes(state.name));
    return [{ to, from, style, trigger, fromAll, steps: stepsOf(way, trigger, to, from) }];
  });
}

export function styleOf(transition: TransitionEntry): LineStyle {
  if (transition.override === true) {
    return "override";
  }
  return transition.since === "1.0.0" ? "source" : "addition";
}

function stepsOf(way: readonly WayStep[], trigger: string, to: string, from: readonly string[]): number[] {
  return way.flatMap((step, index) =>
    step.trigger === trigger && step.to === to && from.includes(step.from) ? [index + 1] : [],
  );
}
