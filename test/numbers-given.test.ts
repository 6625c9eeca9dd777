import { expect, test } from "vitest";
import { numbersGiven } from "./numbers-given.ts";

test("a script takes the numbers that it was given, and its own for the others", () => {
  expect([numbersGiven([500, 7], []), numbersGiven([500, 7], ["30"])]).toEqual([
    [500, 7],
    [30, 7],
  ]);
});

test.each(["--kills", "3e2", "", "-1", "1.5", "NaN"])("and refuses %j, which would prove nothing", (given) => {
  expect(() => numbersGiven([500], [given])).toThrow("is too much, or no whole number: at most 1 are taken, as in 500");
});

test("and a number that nobody asked for", () => {
  expect(() => numbersGiven([500], ["30", "40"])).toThrow(/^40 is too much/);
});
