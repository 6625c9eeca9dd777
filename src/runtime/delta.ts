/**
 * The difference between two snapshots of an actor, small enough to be kept for each event. References that did not
 * change are not looked into: XState's snapshots and contexts are immutable.
 */
import type { Delta } from "../store/fold.ts";
import { encode, type NumberOf } from "./codec.ts";

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
  if (removed === undefined) {
    return changed === undefined ? undefined : { "~": changed };
  }
  return changed === undefined ? { "-": removed } : { "~": changed, "-": removed };
}
