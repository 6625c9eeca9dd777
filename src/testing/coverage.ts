import type { AnyStateMachine, AnyStateNode } from "xstate";
import { partsOf, stateNodesOf, type TransitionPart } from "./machine-parts.ts";
import type { MachinePath } from "./paths.ts";

/**
 * A transition that was seen to happen, in an audit log for instance. States are named by their place in the machine
 * (`validating` or `validating.merging`); an outer state stands for all within it.
 */
export interface RecordedTransition {
  readonly from: string;
  readonly to: string;
  /** Type of the event. */
  readonly trigger: string;
}

/** What is covered of something, and what is not. */
export interface Share {
  readonly covered: readonly string[];
  readonly missing: readonly string[];
  /** 0 to 100; 100 where there is nothing to cover. */
  readonly percent: number;
}

export interface Coverage {
  /** By state id. */
  readonly states: Share;
  /** By transition id; each guarded variant is one of its own. */
  readonly transitions: Share;
}

/**
 * How much of a machine paths, or transitions that were recorded, went through. A record does not say which of two
 * variants with the same ends it was: it counts for both.
 */
export function coverageOf(
  machine: AnyStateMachine,
  seen: Iterable<Pick<MachinePath, "states" | "transitions"> | RecordedTransition>,
): Coverage {
  const parts = partsOf(machine);
  const nodes = new Map(stateNodesOf(machine.root).map((node) => [node.id, node]));
  const states = new Set<string>();
  const transitions = new Set<string>();
  for (const entry of seen) {
    if (!("trigger" in entry)) {
      addAll(states, entry.states);
      addAll(transitions, entry.transitions);
      continue;
    }
    for (const [id, node] of nodes) {
      if (isWithin(entry.from, node) || isWithin(entry.to, node)) {
        states.add(id);
      }
    }
    const fits = parts.transitions.filter((part) => isRecordOf(entry, part, nodes));
    addAll(
      transitions,
      fits.map((part) => part.id),
    );
  }
  const ids = parts.transitions.map((part) => part.id);
  return { states: share(parts.states, states), transitions: share(ids, transitions) };
}

function share(all: readonly string[], seen: ReadonlySet<string>): Share {
  const covered = all.filter((id) => seen.has(id));
  const missing = all.filter((id) => !seen.has(id));
  return { covered, missing, percent: all.length === 0 ? 100 : (covered.length / all.length) * 100 };
}

function addAll(set: Set<string>, ids: readonly string[]): void {
  for (const id of ids) {
    set.add(id);
  }
}

function isRecordOf(
  record: RecordedTransition,
  part: TransitionPart,
  nodes: ReadonlyMap<string, AnyStateNode>,
): boolean {
  const source = nodes.get(part.source);
  const targets = part.targets.length > 0 ? part.targets : [part.source];
  return (
    part.event === record.trigger &&
    source !== undefined &&
    (encloses(source, record.from) || encloses(record.from, source)) &&
    targets.some((id) => {
      const target = nodes.get(id);
      return target !== undefined && (encloses(target, record.to) || encloses(record.to, target));
    })
  );
}

/** A record of a state says that the states around it were active too. */
function isWithin(named: string, node: AnyStateNode): boolean {
  return node.path.length > 0 && encloses(node, named);
}

function encloses(outer: AnyStateNode | string, inner: AnyStateNode | string): boolean {
  const outerPath = typeof outer === "string" ? outer.split(".") : outer.path;
  const innerPath = typeof inner === "string" ? inner.split(".") : inner.path;
  return outerPath.every((key, index) => innerPath[index] === key);
}
