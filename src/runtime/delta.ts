/**
 * The difference between two snapshots of an actor, small enough to be kept for each event. References that did not
 * change are not looked into: XState's snapshots and contexts are immutable.
 */
import type { Delta } from "../store/fold.ts";
import { encode, type NumberOf } from "./codec.ts";

/** A difference as JSON text of a {@link Delta}: written at once, because it is made for each event. */
export type DeltaText = string;

/** The delta to a value that replaces all there was. @throws Unserializable */
export function whole(value: unknown, path: string, numberOf: NumberOf): DeltaText {
  return `{"=":${json(value, path, numberOf)}}`;
}

export const isWhole = (delta: DeltaText): boolean => delta.startsWith('{"=":');

/** The delta to an object some of whose members changed. */
export function members(changed: readonly (readonly [name: string, delta: DeltaText])[]): DeltaText {
  return `{"~":{${changed.map(([name, delta]) => `${JSON.stringify(name)}:${delta}`).join(",")}}}`;
}

/**
 * The delta that leads from one value to the other; undefined when they are the same.
 * @throws Unserializable for a new part that cannot be kept
 */
export function diff(before: unknown, after: unknown, path: string, numberOf: NumberOf): DeltaText | undefined {
  if (Object.is(before, after)) {
    return undefined;
  }
  if (isPlain(before) && isPlain(after)) {
    return diffMembers(before, after, path, numberOf);
  }
  if (Array.isArray(before) && Array.isArray(after) && isPrefix(before, after)) {
    const tail = after.slice(before.length).map((item, i) => json(item, `${path}[${before.length + i}]`, numberOf));
    return `{"+":[${tail.join(",")}]}`;
  }
  return whole(after, path, numberOf);
}

function json(value: unknown, path: string, numberOf: NumberOf): string {
  return JSON.stringify(value === undefined ? { $pawl: "undefined" } : encode(value, path, numberOf));
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

/** Every object inherits a few names, which a context may use for its own members; `in` is quicker for all others. */
const has = (object: Members, key: string): boolean =>
  key in object && (!(key in Object.prototype) || Object.hasOwn(object, key));

function diffMembers(before: Members, after: Members, path: string, numberOf: NumberOf): DeltaText | undefined {
  let changed: (readonly [string, DeltaText])[] | undefined;
  let removed: string[] | undefined;
  for (const key in after) {
    if (after[key] !== undefined && Object.is(before[key], after[key])) {
      continue;
    }
    const place = `${path}.${key}`;
    const delta = has(before, key)
      ? diff(before[key], after[key], place, numberOf)
      : whole(after[key], place, numberOf);
    if (delta !== undefined) {
      changed ??= [];
      changed.push([key, delta]);
    }
  }
  for (const key in before) {
    if (!has(after, key)) {
      removed ??= [];
      removed.push(key);
    }
  }
  if (removed === undefined) {
    return changed && members(changed);
  }
  return `${changed === undefined ? "{" : `${members(changed).slice(0, -1)},`}"-":${JSON.stringify(removed)}}`;
}
