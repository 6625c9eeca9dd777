/** Snapshots are kept as differences. This puts them together again: rows in, the stored form out. */
import type { JournalRow } from "./port.ts";

/**
 * The difference between two snapshots, as JSON: `{"=": value}` replaced · `{"~": {key: delta}, "-": [keys]}` members
 * changed, removed · `{"+": [items]}` items appended to an array.
 */
export type Delta =
  | { readonly "=": unknown }
  | { readonly "~"?: Readonly<Record<string, Delta>>; readonly "-"?: readonly string[] }
  | { readonly "+": readonly unknown[] };

/** Applies a delta to a value in stored (encoded) form; what did not change is shared. */
export function patch(before: unknown, delta: Delta): unknown {
  if ("=" in delta) {
    return delta["="];
  }
  if ("+" in delta) {
    return [...(before as unknown[]), ...delta["+"]];
  }
  const after: Record<string, unknown> = { ...(before as Readonly<Record<string, unknown>>) };
  for (const key of delta["-"] ?? []) {
    delete after[key];
  }
  for (const [key, inner] of Object.entries(delta["~"] ?? {})) {
    const value = patch(after[key], inner);
    if (key === "__proto__") {
      // Assigned, it would not be a member.
      Object.defineProperty(after, key, { value, configurable: true, enumerable: true, writable: true });
    } else {
      after[key] = value;
    }
  }
  return after;
}

/** Whether what was before does not matter. Of a delta as text. */
export const isWhole = (delta: string): boolean => delta.startsWith('{"=":');

/** Stored form of the snapshot after the last of these rows. Folding begins at the newest whole snapshot. */
export function storedAt(journal: readonly Pick<JournalRow, "delta">[]): unknown {
  let stored: unknown;
  const whole = journal.findLastIndex(({ delta }) => isWhole(delta));
  for (const { delta } of journal.slice(Math.max(whole, 0))) {
    stored = patch(stored, JSON.parse(delta) as Delta);
  }
  return stored;
}

/** Leaf states of a state value: `a.b` for nested ones, joined by "," for parallel ones. */
export function stateText(value: unknown): string {
  return typeof value === "string" ? value : leaves(value as Readonly<Record<string, unknown>>, "").join(",");
}

function leaves(value: Readonly<Record<string, unknown>>, prefix: string): string[] {
  return Object.keys(value).flatMap((key) => {
    const inner = value[key];
    if (typeof inner === "string") {
      return [`${prefix}${key}.${inner}`];
    }
    const below = leaves(inner as Readonly<Record<string, unknown>>, `${prefix}${key}.`);
    return below.length === 0 ? [`${prefix}${key}`] : below;
  });
}

/** The outermost state of a state value: what an entity's row and its audit events name. */
export function topState(value: unknown): string {
  return typeof value === "string" ? value : (Object.keys(value as object)[0] ?? "");
}
