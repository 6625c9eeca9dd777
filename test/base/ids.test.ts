import { decodeTime, isValid } from "ulid";
import { expect, test } from "vitest";
import { systemIds } from "../../src/base/ids.ts";

test("ids tell their time, and sort as they were made: within one millisecond, and after a clock was set back", () => {
  const ids = systemIds();
  const moments = [5_000, ...Array.from({ length: 3_000 }, () => 6_000), 4_000, 4_500, 7_000];
  const made = moments.map((moment) => ids.next(moment));
  expect(made.every((id) => isValid(id))).toBe(true);
  expect([...new Set(made)].sort()).toEqual(made);
  expect([made[0], made[1], made[3_000], made.at(-2), made.at(-1)].map((id) => decodeTime(id ?? ""))).toEqual([
    5_000, 6_000, 6_000, 6_000, 7_000,
  ]);
});

test("two that begin in one millisecond make different ids, and a clock that stands at nothing gives some too", () => {
  const [one, other] = [systemIds(), systemIds()];
  const made = [one.next(0), one.next(0), other.next(0), other.next(-1)];
  expect(new Set(made).size).toBe(4);
  expect(made.every((id) => isValid(id) && decodeTime(id) === 1)).toBe(true);
});
