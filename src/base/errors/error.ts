import type { ErrorEntry } from "./define.ts";
import { type ErrorCode, errorTable } from "./table.ts";

type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type Texts<C extends ErrorCode> = `${(typeof errorTable)[C]["message"]}${(typeof errorTable)[C]["fix"]}`;

/** The values an error's message and fix name. */
export type ErrorValues<C extends ErrorCode> = Record<Placeholders<Texts<C>>, string | number>;

/** Where in a text the cause stands. Lines and columns count from 1. */
export interface ErrorPlace {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export interface ErrorExtras {
  readonly at?: ErrorPlace | undefined;
  readonly cause?: unknown;
}

/** An error of the error table: a stable `code`, what happened, where, and what to do about it. */
export class PawlError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name: string = "PawlError";
  readonly code: C;
  /** The values in the message, by placeholder. */
  readonly values: Readonly<Record<string, string | number>>;
  readonly fix: string;
  readonly exitStatus: number;
  readonly httpStatus: number;
  readonly at: ErrorPlace | undefined;

  constructor(code: C, values: ErrorValues<C>, extras: ErrorExtras = {}) {
    const entry: ErrorEntry = errorTable[code];
    const place = extras.at === undefined ? "" : `${formatPlace(extras.at)}: `;
    super(place + fill(entry.message, values), extras.cause === undefined ? undefined : { cause: extras.cause });
    this.code = code;
    this.values = values;
    this.fix = fill(entry.fix, values);
    this.exitStatus = entry.exit;
    this.httpStatus = entry.http;
    this.at = extras.at;
  }

  toJSON(): Record<string, unknown> {
    return { name: this.name, code: this.code, message: this.message, fix: this.fix, at: this.at, values: this.values };
  }
}

/** `file:line:column`, as editors and compilers write it. */
export function formatPlace(place: ErrorPlace): string {
  const line = place.line === undefined ? "" : `:${place.line}`;
  const column = place.line === undefined || place.column === undefined ? "" : `:${place.column}`;
  return `${place.file}${line}${column}`;
}

const longestValue = 200;

/** Puts values in the place of their `{name}`. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    // Nobody's callers are kept from handing over nothing: it is named as what it is.
    return Object.hasOwn(values, name) ? shorten(String(values[name])) : whole;
  });
}

/** A value of 10,000 characters must not push the rest of the message off the screen. */
function shorten(value: string): string {
  return value.length <= longestValue ? value : `${value.slice(0, longestValue)}… (${value.length} characters)`;
}
