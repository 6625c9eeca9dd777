/** In levels of JSON: a machine of forty states within each other, and what no circle of new objects gets beyond. */
export const deepestShown = 100;

/**
 * A value as an inspector shows it: JSON, with words for what JSON has none for. Never throws, whatever a value does when
 * it is read: what somebody looks at must not be harmed by it.
 */
export function shownValue(value: unknown): unknown {
  return shown(value, []);
}

function shown(value: unknown, around: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return String(value);
    // As Stately's inspector has actions and guards that are functions.
    case "function":
      return { type: value.name };
    default:
      return value === null ? null : shownObject(value as object, around);
  }
}

function shownObject(value: object, around: readonly object[]): unknown {
  if (around.includes(value)) {
    return "[Circular]";
  }
  if (around.length === deepestShown) {
    return "[Deeper]";
  }
  const within = [...around, value];
  try {
    return partsOf(value, (part) => shown(part, within));
  } catch (error) {
    return threw(error);
  }
}

function partsOf(value: object, inner: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => inner(item));
  }
  if (value instanceof Map) {
    return [...value].map(([key, member]) => [inner(key), inner(member)]);
  }
  if (value instanceof Set) {
    return [...value].map((item) => inner(item));
  }
  if (value instanceof Date && Number.isNaN(value.getTime())) {
    return "Invalid Date";
  }
  // Snapshots, actors and machines say themselves what of them is worth a look.
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return inner(value.toJSON());
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  if (!isPlain && !(value instanceof Error)) {
    const { constructor: made } = value as { readonly constructor?: { readonly name?: unknown } };
    return `[${String(made?.name ?? "object")}]`;
  }
  const { name, message } = value as { readonly name?: unknown; readonly message?: unknown };
  const members: Record<string, unknown> = isPlain ? {} : { name: inner(name), message: inner(message) };
  for (const key of Object.keys(value)) {
    let member: unknown;
    try {
      member = inner((value as Readonly<Record<string, unknown>>)[key]);
    } catch (error) {
      member = threw(error);
    }
    Object.defineProperty(members, key, { value: member, enumerable: true, configurable: true, writable: true });
  }
  return members;
}

function threw(error: unknown): string {
  try {
    return `[threw ${String(error)}]`;
  } catch {
    return "[threw]";
  }
}
