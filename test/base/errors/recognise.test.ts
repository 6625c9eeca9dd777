import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ErrorCode, errorTable, fixFor, PawlError } from "../../../src/base/errors/index.ts";

const codes = Object.keys(errorTable) as ErrorCode[];
const namesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

/** An error of the table with these values, each in every place that its text has. */
function errorWith(code: ErrorCode, valueFor: (name: string) => string): PawlError {
  const { message, fix } = errorTable[code];
  const values = Object.fromEntries(namesIn(message + fix).map((name) => [name, valueFor(name)]));
  return new PawlError(code, values as never);
}

const isWhole = (code: ErrorCode): boolean => {
  const { message, fix } = errorTable[code];
  return namesIn(fix).every((name) => namesIn(message).includes(name));
};

describe("fixFor", () => {
  test.each(codes)("tells the fix of %s from its message alone", (code) => {
    const { message, fix } = errorWith(code, (name) => `<${name}>`);
    expect(fixFor(message)).toBe(isWhole(code) ? fix : undefined);
  });

  test("gives back the values as they were, whatever they hold", () => {
    fc.assert(
      fc.property(fc.constantFrom(...codes.filter(isWhole)), fc.string({ unit: "grapheme" }), (code, value) => {
        // Between two values nothing tells where one ends: each of the table has a text between them.
        fc.pre(!/[ :,;("'`.]/.test(value));
        const { message, fix } = errorWith(code, () => value);
        expect(fixFor(message)).toBe(fix);
      }),
    );
  });

  test("names the outer one of two errors, one of which is a value of the other", () => {
    const inner = errorWith("COMMAND_FAILED", (name) => name).message;
    const { message, fix } = errorWith("SETUP_FAILED", (name) => (name === "detail" ? inner : name));
    expect(fixFor(message)).toBe(fix);
  });

  test("takes from its caller what only the fix names", () => {
    const { message, fix } = errorWith("COMMAND_KILLED", (name) => name);
    expect(fixFor(message)).toBeUndefined();
    expect(fixFor(message, { log: "log" })).toBe(fix);
  });

  test.each(codes)("is not kept busy by a text that is %s many times over, and then is not", (code) => {
    const { message } = errorWith(code, () => "x");
    const start = errorTable[code].message.split("{", 1)[0] ?? "";
    const begun = performance.now();
    fixFor(`${start}${`x${message.slice(start.length)}`.repeat(50)}\u0001`);
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  test.each(["", "exit code 1", "it ran longer than its time-out", "a\nb"])("knows nothing of %j", (text) => {
    expect(fixFor(text)).toBeUndefined();
  });
});
