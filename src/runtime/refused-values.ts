/** What JSON would lose without a word, found where it stands. */
import { inspect } from "node:util";

/** Thrown by `encode`: `path` says where, `kind` what stands there. The caller knows whose value it is. */
export class Unserializable extends Error {
  readonly path: string;
  readonly kind: string;

  constructor(path: string, kind: string) {
    super(`${path} is ${kind}`);
    this.path = path;
    this.kind = kind;
  }
}

/** Spread and `assign` carry such members along, JSON leaves them out. @throws Unserializable */
export function refuseSymbols(object: object, path: string): void {
  const symbol = symbolIn(object);
  if (symbol !== undefined) {
    throw new Unserializable(`${path}[${String(symbol)}]`, "a member that a symbol names");
  }
}

/** What cannot be enumerated is nobody's data, by whatever it is named. */
export function symbolIn(object: object): symbol | undefined {
  const symbols = Object.getOwnPropertySymbols(object);
  return symbols.length === 0
    ? undefined
    : symbols.find((symbol) => Object.prototype.propertyIsEnumerable.call(object, symbol));
}

/** An array of a class of its own, or with members beside its items, as `RegExp.exec` makes one. @throws Unserializable */
export function refuseOddArray(array: readonly unknown[], path: string): void {
  const prototype: unknown = Object.getPrototypeOf(array);
  // The prototype of arrays is an array itself, that of a class derived from them is none.
  if (prototype !== Array.prototype && !Array.isArray(prototype)) {
    throw new Unserializable(path, instanceOf(array));
  }
  refuseSymbols(array, path);
  if (!isSeenToBeBare(array)) {
    refuseNamed(array, path);
  }
}

/** Whoever adds members to a date, or derives a class from one, means more than the date. @throws Unserializable */
export function refuseOddInstance(value: object, path: string): void {
  for (const type of [Date, Map, Set]) {
    if (value instanceof type) {
      // A test that turns the time by hand puts a class of its own, which calls itself `Date`, in place of `Date`.
      if (Object.getPrototypeOf(value) !== type.prototype && value.constructor?.name !== type.name) {
        throw new Unserializable(path, instanceOf(value));
      }
      refuseSymbols(value, path);
      refuseNamed(value, path);
    }
  }
}

export const instanceOf = (value: object): string => `an instance of ${value.constructor?.name ?? "a class"}`;

const fewItems = 64;
const itemsUnseen = { maxArrayLength: 0, maxStringLength: 0, depth: 0 };

/**
 * Whether a large array is known to have no members but its items. No other way of asking spares making a text of each
 * index, which takes longer than to write the array down; it tells the truth when it says nothing else.
 */
const isSeenToBeBare = (array: readonly unknown[]): boolean =>
  array.length > fewItems && inspect(array, itemsUnseen) === `[ ... ${array.length} more items ]`;

/** Indices come before names. */
function refuseNamed(object: object, path: string): void {
  const name = Object.keys(object).at(-1);
  if (name !== undefined && !(Array.isArray(object) && isIndex(name))) {
    throw new Unserializable(`${path}.${name}`, `a member of ${kindOf(object)}, beside what is in it`);
  }
}

const isIndex = (name: string): boolean => /^(0|[1-9]\d{0,9})$/.test(name) && Number(name) < 2 ** 32 - 1;
const kindOf = (object: object): string =>
  Array.isArray(object) ? "an array" : object instanceof Date ? "a date" : object instanceof Map ? "a map" : "a set";
