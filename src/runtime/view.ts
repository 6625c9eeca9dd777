import type { AnyMachineSnapshot, Snapshot } from "xstate";
import { stateText } from "../store/fold.ts";
import { encode, type NumberOf, readable } from "./codec.ts";
import { type ChangedMembers, type DeltaText, diff, members, withMember } from "./delta.ts";
import { type InternalLogic, isMachineSnapshot } from "./xstate/internals.ts";

/** A snapshot as data: what XState persists, without the children, which have rows of their own. */
export type SnapshotView = Readonly<Record<string, unknown>>;

export function viewOf(logic: InternalLogic, snapshot: Snapshot<unknown>): SnapshotView {
  if (!isMachineSnapshot(snapshot)) {
    return present(isErrorBox(snapshot) ? snapshot : (logic.getPersistedSnapshot(snapshot) as unknown as SnapshotView));
  }
  return present({
    status: snapshot.status,
    output: snapshot.output,
    error: snapshot.error,
    value: snapshot.value,
    historyValue: historyView(snapshot),
    nodes: entryOrder(snapshot),
    context: snapshot.context,
  });
}

/** XState's own members are the same to it absent and undefined; a context's are not, to `in` and `Object.keys`. */
function present(view: SnapshotView): SnapshotView {
  const kept: Record<string, unknown> = {};
  for (const key in view) {
    if (view[key] !== undefined) {
      kept[key] = view[key];
    }
  }
  return kept;
}

interface OrderedNode {
  readonly id: string;
  readonly order: number;
}

/**
 * Ids of the active state nodes in the order in which they were entered, where that is not the order of the document.
 * In parallel regions it decides which of several eventless transitions is taken, and the value does not tell it.
 */
function entryOrder(snapshot: AnyMachineSnapshot): string[] | undefined {
  const nodes = snapshot._nodes as unknown as readonly OrderedNode[];
  for (let index = 1; index < nodes.length; index += 1) {
    if (nodes[index]!.order < nodes[index - 1]!.order) {
      return nodes.map(({ id }) => id);
    }
  }
  return undefined;
}

/** Puts the active nodes of a restored snapshot into the order in which they were entered. */
export function reorderNodes(restored: Snapshot<unknown>, ids: readonly string[] | undefined): void {
  const nodes = (restored as unknown as { readonly _nodes: OrderedNode[] })._nodes;
  if (ids === undefined) {
    nodes.sort((a, b) => a.order - b.order);
    return;
  }
  const place = new Map(ids.map((id, index) => [id, index]));
  nodes.sort((a, b) => (place.get(a.id) ?? nodes.length) - (place.get(b.id) ?? nodes.length));
}

/** What XState makes of a logic that threw before it had a snapshot. */
function isErrorBox(snapshot: Snapshot<unknown>): snapshot is Snapshot<unknown> & SnapshotView {
  return snapshot.status === "error" && !("input" in snapshot) && !("context" in snapshot);
}

type HistoryValue = Readonly<Record<string, readonly { readonly id: string }[]>>;

function historyView(snapshot: AnyMachineSnapshot): Record<string, { readonly id: string }[]> {
  const view: Record<string, { readonly id: string }[]> = {};
  const history = snapshot.historyValue as HistoryValue;
  for (const key in history) {
    view[key] = (history[key] ?? []).map(({ id }) => ({ id }));
  }
  return view;
}

/** Stored form of a snapshot. @throws Unserializable */
export function snapshotJson(logic: InternalLogic, snapshot: Snapshot<unknown>, numberOf: NumberOf): string {
  return readable("snapshot", () => JSON.stringify(encode(viewOf(logic, snapshot), "snapshot", numberOf)));
}

/** The delta between two snapshots of one actor; undefined when nothing that is stored differs. @throws Unserializable */
export function snapshotDelta(
  logic: InternalLogic,
  before: Snapshot<unknown>,
  after: Snapshot<unknown>,
  numberOf: NumberOf,
): DeltaText | undefined {
  if (!isMachineSnapshot(before) || !isMachineSnapshot(after)) {
    return diff(viewOf(logic, before), viewOf(logic, after), "snapshot", numberOf);
  }
  let changed: ChangedMembers = "";
  const compare = (name: string, one: unknown, other: unknown): void => {
    const delta = one === other ? undefined : diff(one, other, name, numberOf);
    if (delta !== undefined) {
      changed = withMember(changed, name, delta);
    }
  };
  compare("context", before.context, after.context);
  compare("value", before.value, after.value);
  compare("status", before.status, after.status);
  compare("output", before.output, after.output);
  compare("error", before.error, after.error);
  if (before._nodes !== after._nodes) {
    compare("nodes", entryOrder(before), entryOrder(after));
  }
  if (before.historyValue !== after.historyValue) {
    compare("historyValue", historyView(before), historyView(after));
  }
  return changed === "" ? undefined : members(changed);
}

/** Leaf states: `a.b` for nested ones, joined by "," for parallel ones. "" for a snapshot without states. */
export function stateOf(snapshot: Snapshot<unknown>): string {
  return isMachineSnapshot(snapshot) ? stateText(snapshot.value) : "";
}

export function tagsIn(snapshot: Snapshot<unknown>): string[] {
  return isMachineSnapshot(snapshot) ? [...snapshot.tags] : [];
}
