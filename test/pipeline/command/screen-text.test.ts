import fc from "fast-check";
import { expect, test } from "vitest";
import { screenText } from "../../../src/pipeline/command/index.ts";

const shown = (text: string): string => screenText(Buffer.from(text));

test("colours, cursor movements and titles are taken out", () => {
  expect(shown("\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain\x1b[2J")).toBe("red plain");
});

test("controls and marks of direction become visible, lines end in a newline", () => {
  expect(shown("a\0b\x07c\x9bd\u202ee")).toBe("a�b�c�d�e");
  expect(shown("10 %\r20 %\r\ndone\n\ttab")).toBe("10 %\n20 %\ndone\n\ttab");
});

test("what is no UTF-8 becomes U+FFFD", () => {
  expect(screenText(Buffer.from([0x61, 0xff, 0x62]))).toBe("a�b");
});

test("an end is cut at a character", () => {
  const bytes = Buffer.from("😀é");
  expect(screenText(bytes.subarray(1), { cut: true })).toBe("é");
  expect(screenText(bytes.subarray(0, 5))).toBe("😀");
});

test("any piece of a text is a piece of it on the screen", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "€", "😀", "\n") });
  fc.assert(
    fc.property(text, fc.nat(50), fc.nat(50), (text, from, length) => {
      const piece = screenText(Buffer.from(text).subarray(from, from + length), { cut: true });
      expect(text).toContain(piece);
    }),
  );
});
