import { describe, expect, test } from "vitest";
import { holdsControls, holdsControlsBesidesLayout } from "../../src/base/control-characters.ts";

/** Every character of the first 256 for which it is so. */
const among = (isSo: (text: string) => boolean): number[] =>
  Array.from({ length: 256 }, (_, code) => code).filter((code) => isSo(`a${String.fromCharCode(code)}b`));

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const c0 = range(0x00, 0x1f);
const delAndC1 = range(0x7f, 0x9f);

describe("control characters", () => {
  test("are those below the space, DEL, and those of the second half", () => {
    expect(among(holdsControls)).toEqual([...c0, ...delAndC1]);
  });

  test("but tab and newline may stand in text of more than one line", () => {
    const layout = [..."\t\n"].map((character) => character.charCodeAt(0));
    expect(among(holdsControlsBesidesLayout)).toEqual([...c0.filter((code) => !layout.includes(code)), ...delAndC1]);
  });

  test.each(["", "plain", "größe 数 👩‍🔬", "\u2028"])("are not in %j", (text) => {
    expect([holdsControls(text), holdsControlsBesidesLayout(text)]).toEqual([false, false]);
  });

  test("are found after the first newline too", () => {
    expect(holdsControlsBesidesLayout("one\ntwo\u001b[31m")).toBe(true);
  });
});
