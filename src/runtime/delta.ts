/**
 * The difference between two snapshots of an actor, small enough to be kept for each event. References that did not
 * change are not looked into: XState's snapshots and contexts are immutable.
 */
import type { Delta } from "../store/fold.ts";
import { encode, type NumberOf, safeText } from "./codec.ts";
import { refuseOddArray, refuseSymbols } from "./refused-values.ts";

/** A difference as JSON text of a {@link Delta}: written at once, because it is made for each event. */
export type DeltaText = string;

/** The delta to a value that replaces all there was. @throws Unserializable */
export function whole(value: unknown, path: string, numberOf: NumberOf): DeltaText {
  return `{"=":${json(value, path, numberOf)}}`;
}

/** Members of an object that changed, each with the delta to what it is now; "" before the first. */
export type ChangedMembers = string;

export function withMember(changed: ChangedMembers, name: string, delta: DeltaText): ChangedMembers {
  return `${changed === "" ? "" : `${changed},`}${JSON.stringify(name)}:${delta}`;
}

/** The delta to an object some of whose members changed. */
export const members = (changed: ChangedMembers): DeltaText => `{"~":{${changed}}}`;

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
    refuseOddArray(after, path);
    const tail = after.slice(before.length).map((item, i) => json(item, `${path}[${before.length + i}]`, numberOf));
    return `{"+":[${tail.join(",")}]}`;
  }
  return whole(after, path, numberOf);
}

function json(value: unknown, path: string, numberOf: NumberOf): string {
  return (
    safeText(value) ?? JSON.stringify(value === undefined ? { $pawl: "undefined" } : encode(value, path, numberOf))
  );
}

type Members = Readonly<Record<string, unknown>>;

function isPlain(value: unknown): value is Members {
  if (value === null || typeof value !== "object" || Array.isArray(value) || "$pawl" in value) {
    return false;
  }
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** Arrays with a hole are written whole. */
function isPrefix(before: readonly unknown[], after: readonly unknown[]): boolean {
  if (after.length <= before.length) {
    return false;
  }
  for (let index = 0; index < after.length; index += 1) {
    const item = after[index];
    const isItem = item !== undefined || (index in after && (index >= before.length || index in before));
    if (!isItem || (index < before.length && !Object.is(before[index], item))) {
      return false;
    }
  }
  return true;
}

/** Every object inherits a few names, which a context may use for its own members; `in` is quicker for all others. */
const has = (object: Members, key: string): boolean =>
  key in object && (!(key in Object.prototype) || Object.hasOwn(object, key));

function diffMembers(before: Members, after: Members, path: string, numberOf: NumberOf): DeltaText | undefined {
  refuseSymbols(after, path);
  let changed: ChangedMembers = "";
  let removed: string[] | undefined;
  for (const key in after) {
    const value = after[key];
    if (value !== undefined && Object.is(before[key], value)) {
      continue;
    }
    const delta = memberDelta(before, key, value, path, numberOf);
    if (delta !== undefined) {
      changed = withMember(changed, key, delta);
    }
  }
  for (const key in before) {
    if (!has(after, key)) {
      removed ??= [];
      removed.push(key);
    }
  }
  if (removed === undefined) {
    return changed === "" ? undefined : members(changed);
  }
  return `${changed === "" ? "{" : `${members(changed).slice(0, -1)},`}"-":${JSON.stringify(removed)}}`;
}

function memberDelta(
  before: Members,
  key: string,
  value: unknown,
  path: string,
  numberOf: NumberOf,
): DeltaText | undefined {
  // Most of what changes: told without making the path that only an error needs.
  const text = safeText(value);
  if (text !== undefined) {
    return `{"=":${text}}`;
  }
  const place = `${path}.${key}`;
  return has(before, key) ? diff(before[key], value, place, numberOf) : whole(value, place, numberOf);
}
