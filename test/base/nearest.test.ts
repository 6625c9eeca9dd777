import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearest } from "../../src/base/nearest.ts";

describe("nearest", () => {
  test.each([
    ["timout", "timeout"],
    ["unti", "unit"],
    ["Depends_On", "depends_on"],
    ["dependson", "depends_on"],
    ["allow_failures", "allow_failure"],
  ])("finds for %s the name %s", (written, meant) => {
    expect(nearest(written, ["id", "unit", "timeout", "depends_on", "allow_failure"])).toBe(meant);
  });

  test("gives nothing when no name is near", () => {
    expect(nearest("colour", ["timeout", "retries"])).toBeUndefined();
    expect(nearest("a", ["b", "c"])).toBeUndefined();
    expect(nearest("anything", [])).toBeUndefined();
  });

  test("gives the first of equally near names", () => {
    expect(nearest("task-x", ["task-a", "task-b"])).toBe("task-a");
  });

  test("does not look at names that are too long for a typing mistake", () => {
    expect(nearest("x".repeat(10_000), ["x".repeat(9_999)])).toBeUndefined();
  });

  test("finds any name of four or more letters again after one letter was lost", () => {
    // Names without a common letter: no other is as near.
    const alphabets = ["abcde", "fghij", "klmno", "pqrst", "uvwxy"];
    const names = fc.tuple(
      ...alphabets.map((letters) => fc.string({ unit: fc.constantFrom(...letters), minLength: 4, maxLength: 12 })),
    );
    fc.assert(
      fc.property(names, fc.nat(), fc.nat(), (known, pick, lost) => {
        const name = known[pick % known.length]!;
        const at = lost % name.length;
        expect(nearest(name.slice(0, at) + name.slice(at + 1), known)).toBe(name);
      }),
    );
  });
});
