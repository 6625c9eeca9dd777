/**
 * Values as they stand in a store. JSON loses Dates, Maps, Sets, Errors, BigInts, NaN and infinities, the holes of
 * arrays, and that an object has no prototype: they are kept behind a tag. What no tag can keep (functions, symbols,
 * also as names of members, instances of classes, named members of arrays, circles) is refused with its path.
 */
import { inspect } from "node:util";
import { PawlError } from "../base/errors/index.ts";
import { instanceOf, refuseOddArray, refuseOddInstance, refuseSymbols, Unserializable } from "./refused-values.ts";
import { type InternalActor, isActorRef } from "./xstate/internals.ts";

const tag = "$pawl";
/** What is said of an actor that has no number. */
export const foreign = "a reference to an actor of no store, or of another one";
/** In levels of JSON, of which SQLite reads 1,000. */
const deepest = 500;

/** Runs what reads a value of somebody else's: a getter of it may throw anything. @throws Unserializable for that too */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unserializable) {
      throw error;
    }
    const [thrown = ""] = inspect(error, { depth: 0 }).split("\n");
    throw new Unserializable(path, `a value that throws when it is read (${thrown})`);
  }
}

/** What is said of it where the actor is known. */
export function notSerializable(actor: string, { path, kind }: Unserializable): PawlError {
  return new PawlError("NOT_SERIALIZABLE", { actor, path, kind });
}

/** The number of an actor, by which a reference to it is stored; undefined when it is not of this runtime. */
export type NumberOf = (actor: InternalActor) => number | undefined;

/** JSON-safe form of a value. A value that is safe already is returned as it is, not copied. */
export function encode(value: unknown, path: string, numberOf: NumberOf, depth = 0): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "undefined":
      return depth === 0 ? undefined : { [tag]: "undefined" };
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { [tag]: "number", value: numberName(value) };
    case "bigint":
      return { [tag]: "bigint", value: value.toString() };
    case "object":
      return value === null ? null : encodeObject(value, path, numberOf, depth);
    default:
      throw new Unserializable(path, typeof value === "function" ? "a function" : "a symbol");
  }
}

/** What JSON keeps as it is: most of all values. Told without making the path that only an error needs. */
function isSafe(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    default:
      return value === null;
  }
}

/** Stored form of a value that JSON keeps as it is, and that has no parts; undefined of any other. */
export function safeText(value: unknown): string | undefined {
  if (!isSafe(value)) {
    return undefined;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function numberName(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function encodeObject(value: object, path: string, numberOf: NumberOf, depth: number): unknown {
  if (depth > deepest) {
    throw new Unserializable(path.slice(0, 200), `nested deeper than ${deepest} levels, or a circle`);
  }
  if (Array.isArray(value)) {
    return encodeArray(value, path, numberOf, depth);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) {
    return encodePlain(value as Record<string, unknown>, path, numberOf, depth);
  }
  if (prototype === null) {
    const plain = { ...(value as Record<string, unknown>) };
    return { [tag]: "bare", value: encodeMembers(plain, path, numberOf, depth + 2) };
  }
  if (isActorRef(value)) {
    const no = numberOf(value);
    if (no === undefined) {
      throw new Unserializable(path, foreign);
    }
    return { [tag]: "actor", no };
  }
  const inner = (part: unknown, name: string, levels: number): unknown =>
    encode(part, `${path}.${name}`, numberOf, depth + levels);
  refuseOddInstance(value, path);
  if (value instanceof Date) {
    return { [tag]: "date", value: value.getTime() };
  }
  if (value instanceof Map) {
    return { [tag]: "map", value: [...value].map(([k, v], i) => [inner(k, `key ${i}`, 3), inner(v, `value ${i}`, 3)]) };
  }
  if (value instanceof Set) {
    return { [tag]: "set", value: [...value].map((item, i) => inner(item, `item ${i}`, 2)) };
  }
  if (value instanceof Error) {
    return encodeError(value, path, numberOf, depth);
  }
  throw new Unserializable(path, instanceOf(value));
}

/** The errors around the one that is being encoded, and what was left out of them so far. */
const errors = { open: new Set<Error>(), omitted: 0 };
const mostOmitted = 100;

function encodeError(error: Error, path: string, numberOf: NumberOf, depth: number): unknown {
  const { name, message, stack } = error;
  if (errors.open.has(error)) {
    throw new Unserializable(path, "a circle");
  }
  errors.open.add(error);
  try {
    return { [tag]: "error", name, message, stack, own: ownOf(error, `${path}.own`, numberOf, depth + 1) };
  } finally {
    errors.open.delete(error);
    if (errors.open.size === 0) {
      errors.omitted = 0;
    }
  }
}

/**
 * What an error carries besides its name, message and stack, as far as it is data: `code`, `cause`, `issues`. An error
 * is made by others, who put into it what they like: what cannot be kept is named, and costs nobody the rest.
 */
function ownOf(error: Error, path: string, numberOf: NumberOf, depth: number): unknown {
  const own: Record<string, unknown> = Object.create(null);
  for (const key of Object.getOwnPropertyNames(error)) {
    const value: unknown = Reflect.get(error, key);
    const known = key === "name" || key === "message" || key === "stack";
    if (known || value === undefined || typeof value === "function") {
      continue;
    }
    try {
      own[key] = encode(value, `${path}.${key}`, numberOf, depth + 1);
    } catch (fault) {
      // A web of errors has more ways through it than can be walked: the outermost one leaves it out then.
      if (!(fault instanceof Unserializable) || (errors.omitted >= mostOmitted && errors.open.size > 1)) {
        throw fault;
      }
      errors.omitted += 1;
      own[key] = omitted(fault);
    }
  }
  return tag in own ? { [tag]: "object", value: own } : own;
}

export const omitted = ({ path, kind }: Unserializable) => ({ [tag]: "omitted", path, kind });

function encodeArray(array: readonly unknown[], path: string, numberOf: NumberOf, depth: number): unknown {
  refuseOddArray(array, path);
  let copy: unknown[] | undefined;
  for (let index = 0; index < array.length; index += 1) {
    const item = array[index];
    if (isSafe(item)) {
      continue;
    }
    const encoded = index in array ? encode(item, `${path}[${index}]`, numberOf, depth + 1) : { [tag]: "hole" };
    if (encoded !== item) {
      copy ??= array.slice();
      copy[index] = encoded;
    }
  }
  return copy ?? array;
}

function encodePlain(
  object: Readonly<Record<string, unknown>>,
  path: string,
  numberOf: NumberOf,
  depth: number,
): unknown {
  // Data that looks like a tag is wrapped in one.
  return tag in object
    ? { [tag]: "object", value: encodeMembers(object, path, numberOf, depth + 2) }
    : encodeMembers(object, path, numberOf, depth + 1);
}

/** `inside`: how deep the members are. */
function encodeMembers(
  object: Readonly<Record<string, unknown>>,
  path: string,
  numberOf: NumberOf,
  inside: number,
): unknown {
  refuseSymbols(object, path);
  let copy: Record<string, unknown> | undefined;
  for (const key in object) {
    const item = object[key];
    if (isSafe(item)) {
      continue;
    }
    const encoded = encode(item, `${path}.${key}`, numberOf, inside);
    if (encoded !== item) {
      copy ??= { ...object };
      copy[key] = encoded;
    }
  }
  return copy ?? object;
}

/** Turns a stored actor number into a reference. */
export type ActorOf = (no: number) => unknown;

/** The value that was encoded. `value` is fresh from JSON.parse and is changed in place. */
export function decode(value: unknown, actorOf: ActorOf): unknown {
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      if (isHole(item)) {
        delete value[index];
      } else {
        value[index] = decode(item, actorOf);
      }
    }
    return value;
  }
  const object = value as Record<string, unknown>;
  if (tag in object) {
    return decodeTagged(object, actorOf);
  }
  for (const key in object) {
    const item = object[key];
    if (item !== null && typeof item === "object") {
      object[key] = decode(item, actorOf);
    }
  }
  return object;
}

const isHole = (item: unknown): boolean =>
  typeof item === "object" && item !== null && (item as { readonly $pawl?: unknown }).$pawl === "hole";

function decodeTagged(object: Record<string, unknown>, actorOf: ActorOf): unknown {
  const content = object["value"];
  switch (object[tag]) {
    case "number":
      return Number(content);
    case "bigint":
      return BigInt(content as string);
    case "undefined":
      return undefined;
    case "date":
      return new Date((content as number | null) ?? Number.NaN);
    case "map":
      return new Map(decode(content, actorOf) as [unknown, unknown][]);
    case "set":
      return new Set(decode(content, actorOf) as unknown[]);
    case "actor":
      return actorOf(object["no"] as number);
    case "object":
    case "bare": {
      const inner = content as Record<string, unknown>;
      for (const key in inner) {
        inner[key] = decode(inner[key], actorOf);
      }
      return object[tag] === "bare" ? Object.setPrototypeOf(inner, null) : inner;
    }
    case "error": {
      const error = new Error(object["message"] as string);
      const hidden = { enumerable: false, configurable: true, writable: true };
      Object.defineProperty(error, "name", { value: object["name"], ...hidden });
      Object.defineProperty(error, "stack", { value: object["stack"], ...hidden });
      const own = decode(object["own"], actorOf) as object;
      // Assigned, a member named __proto__ would not be one, and the error none any more.
      return Object.defineProperties(error, Object.getOwnPropertyDescriptors(own));
    }
    default:
      return object;
  }
}
