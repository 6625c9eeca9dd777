import { PawlError } from "../base/errors/index.ts";

const width = 120;

/**
 * A value as TypeScript source, laid out as biome and prettier do with a line width of 120: on one line where it fits,
 * else a member a line.
 * @param column where the text starts, that is what of its line is used up already
 * @param after how many characters follow it on its last line
 * @throws PawlError TESTING_NOT_WRITABLE for what has no source text: functions, symbols, class instances
 */
export function literal(value: unknown, indent: number, column: number, after: number): string {
  const flat = flatLiteral(value, "value");
  const members = membersOf(value);
  if (members === undefined || members.length === 0 || column + flat.length + after <= width) {
    return flat;
  }
  const inner = indent + 2;
  const lines = members.map(([key, member]) => {
    const lead = `${" ".repeat(inner)}${key === undefined ? "" : `${key}: `}`;
    return `${lead}${literal(member, inner, lead.length, 1)},`;
  });
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${lines.join("\n")}\n${" ".repeat(indent)}${close}`;
}

/** A string in double quotes, or in single quotes where that needs fewer escapes. */
export function quoted(text: string): string {
  const double = JSON.stringify(text);
  if (text.split('"').length <= text.split("'").length) {
    return double;
  }
  return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

type Member = readonly [key: string | undefined, value: unknown];

function membersOf(value: unknown): Member[] | undefined {
  if (Array.isArray(value)) {
    return value.map((member) => [undefined, member] as const);
  }
  if (!isPlain(value)) {
    return undefined;
  }
  const entries = Object.entries(value);
  return entries.map(([key, member]) => [propertyName(key), member] as const);
}

function flatLiteral(value: unknown, path: string): string {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : numberText(value);
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      return objectLiteral(value, path);
    default:
      throw new PawlError("TESTING_NOT_WRITABLE", { path, kind: `a ${typeof value}` });
  }
}

function numberText(value: number): string {
  return Number.isNaN(value) ? "Number.NaN" : String(value).replace("Infinity", "Number.POSITIVE_INFINITY");
}

function objectLiteral(value: object | null, path: string): string {
  if (value === null) {
    return "null";
  }
  if (Array.isArray(value)) {
    return `[${value.map((member, index) => flatLiteral(member, `${path}[${index}]`)).join(", ")}]`;
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "new Date(Number.NaN)" : `new Date(${quoted(value.toISOString())})`;
  }
  if (value instanceof Map || value instanceof Set) {
    const name = value instanceof Map ? "Map" : "Set";
    return `new ${name}(${value.size === 0 ? "" : flatLiteral([...value], path)})`;
  }
  if (value instanceof Error) {
    return `new Error(${quoted(value.message)})`;
  }
  if (!isPlain(value)) {
    throw new PawlError("TESTING_NOT_WRITABLE", { path, kind: `an instance of ${value.constructor.name}` });
  }
  const members = Object.entries(value).map(
    ([key, member]) => `${propertyName(key)}: ${flatLiteral(member, `${path}.${key}`)}`,
  );
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function propertyName(key: string): string {
  if (key === "__proto__") {
    // Without brackets it would be the prototype.
    return '["__proto__"]';
  }
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
}
