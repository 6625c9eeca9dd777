/**
 * The difference between two snapshots of an actor, small enough to be kept for each event. References that did not
 * change are not looked into: XState's snapshots and contexts are immutable.
 *
 * Forms, as JSON: `{"=": value}` replaced · `{"~": {key: delta}, "-": [keys]}` members changed, removed ·
 * `{"+": [items]}` items appended to an array.
 */
import { encode, type NumberOf } from "./codec.ts";

export type Delta =
  | { readonly "=": unknown }
  | { readonly "~"?: Readonly<Record<string, Delta>>; readonly "-"?: readonly string[] }
  | { readonly "+": readonly unknown[] };

/**
 * The delta that leads from one value to the other; undefined when they are the same.
 * @throws Unserializable for a new part that cannot be kept
 */
export function diff(before: unknown, after: unknown, path: string, numberOf: NumberOf): Delta | undefined {
  if (Object.is(before, after)) {
    return undefined;
  }
  if (isPlain(before) && isPlain(after)) {
    return diffMembers(before, after, path, numberOf);
  }
  if (Array.isArray(before) && Array.isArray(after) && isPrefix(before, after)) {
    const tail = after.slice(before.length).map((item, i) => replaced(item, `${path}[${before.length + i}]`, numberOf));
    return { "+": tail };
  }
  return { "=": replaced(after, path, numberOf) };
}

function replaced(value: unknown, path: string, numberOf: NumberOf): unknown {
  return value === undefined ? { $pawl: "undefined" } : encode(value, path, numberOf);
}

type Members = Readonly<Record<string, unknown>>;

function isPlain(value: unknown): value is Members {
  if (value === null || typeof value !== "object" || Array.isArray(value) || "$pawl" in value) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isPrefix(before: readonly unknown[], after: readonly unknown[]): boolean {
  return after.length > before.length && before.every((item, index) => Object.is(item, after[index]));
}

function diffMembers(before: Members, after: Members, path: string, numberOf: NumberOf): Delta | undefined {
  let changed: Record<string, Delta> | undefined;
  let removed: string[] | undefined;
  for (const key in after) {
    if (after[key] !== undefined && Object.is(before[key], after[key])) {
      continue;
    }
    const isNew = after[key] === undefined && !(key in before);
    const delta = isNew
      ? { "=": replaced(undefined, path, numberOf) }
      : diff(before[key], after[key], `${path}.${key}`, numberOf);
    if (delta !== undefined) {
      changed ??= {};
      changed[key] = delta;
    }
  }
  for (const key in before) {
    if (!(key in after)) {
      removed ??= [];
      removed.push(key);
    }
  }
  if (changed === undefined && removed === undefined) {
    return undefined;
  }
  return { ...(changed && { "~": changed }), ...(removed && { "-": removed }) };
}

/** Applies a delta to a value in stored (encoded) form; what did not change is shared. */
export function patch(before: unknown, delta: Delta): unknown {
  if ("=" in delta) {
    return delta["="];
  }
  if ("+" in delta) {
    return [...(before as unknown[]), ...delta["+"]];
  }
  const after: Record<string, unknown> = { ...(before as Members) };
  for (const key of delta["-"] ?? []) {
    delete after[key];
  }
  for (const [key, inner] of Object.entries(delta["~"] ?? {})) {
    after[key] = patch(after[key], inner);
  }
  return after;
}
