import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PawlError } from "../../src/base/errors/index.ts";
import { parseDuration, parseSize } from "../../src/base/quantities.ts";

describe("a duration", () => {
  test.each([
    ["500ms", 500],
    ["2s", 2000],
    ["20m", 1_200_000],
    ["1h30m", 5_400_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["0s", 0],
    ["90m", 5_400_000],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "5", "m", "1.5h", "-1s", "30m1h", "1 h", " 1h", "1h ", "1H", "1m1m", "1e3s", "99999999999999999d"])(
    "%j is none",
    (text) => {
      expect(() => parseDuration(text)).toThrowError(
        expect.objectContaining({ code: "DURATION_INVALID", exitStatus: 65, values: { value: JSON.stringify(text) } }),
      );
    },
  );

  test("of 10,000 digits is refused with a short message", () => {
    expect(() => parseDuration(`${"9".repeat(10_000)}s`)).toThrowError(/^.{0,300}$/);
  });

  test("is the sum of its parts", () => {
    const part = fc.nat(1000);
    fc.assert(
      fc.property(part, part, part, (h, m, s) => {
        expect(parseDuration(`${h}h${m}m${s}s`)).toBe(h * 3_600_000 + m * 60_000 + s * 1000);
      }),
    );
  });
});

describe("a size", () => {
  test.each([
    ["800B", 800],
    ["200kB", 200_000],
    ["1MB", 1_000_000],
    ["2GB", 2_000_000_000],
    ["64KiB", 65_536],
    ["1MiB", 1_048_576],
    ["1GiB", 1_073_741_824],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(["", "5", "kB", "1KB", "1.5MB", "-1B", "1 MB", "1mb", "99999999999999999GB"])("%j is none", (text) => {
    expect(() => parseSize(text)).toThrowError(expect.objectContaining({ code: "SIZE_INVALID" }));
  });
});

test("any other text is refused with an error of the table, and nothing else", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const parse of [parseDuration, parseSize]) {
        try {
          expect(parse(text)).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(PawlError);
        }
      }
    }),
  );
});
