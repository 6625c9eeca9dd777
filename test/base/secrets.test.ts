import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor, type Redactor } from "../../src/base/secrets.ts";

const redactor = (values: Record<string, string>): Redactor => createRedactor(new Map(Object.entries(values)));

function inChunks(secrets: Redactor, bytes: Buffer, sizes: readonly number[]): Buffer {
  const stream = secrets.stream();
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(Buffer.from(stream.push(bytes.subarray(at, at + size))));
    at += size;
  }
  pieces.push(Buffer.from(stream.push(bytes.subarray(at))), Buffer.from(stream.end()));
  return Buffer.concat(pieces);
}

describe("text", () => {
  test("replaces each secret value by its name", () => {
    const secrets = redactor({ API_KEY: "sk-12345", PASSWORD: "pässwort" });
    expect(secrets.text("key=sk-12345, again sk-12345; pässwort!")).toBe(
      "key=[secret API_KEY], again [secret API_KEY]; [secret PASSWORD]!",
    );
  });

  test("leaves a text without secrets as it is", () => {
    expect(redactor({ API_KEY: "sk-12345" }).text("sk-1234 5")).toBe("sk-1234 5");
    expect(redactor({}).text("anything")).toBe("anything");
  });

  test("names the longer of two secrets that start at the same place", () => {
    expect(redactor({ SHORT: "abcd", LONG: "abcdefgh" }).text("abcdefgh abcd")).toBe("[secret LONG] [secret SHORT]");
  });

  test("leaves nothing of two secrets that overlap", () => {
    expect(redactor({ A: "abcdef", B: "efghij" }).text("<abcdefghij>")).toBe("<[secret A]>");
    expect(redactor({ A: "abab" }).text("<abababab>")).toBe("<[secret A]>");
  });

  test("finds a value that was read from a file with a newline at its end", () => {
    expect(redactor({ TOKEN: "s3cret\n" }).text("s3cret.")).toBe("[secret TOKEN].");
  });

  test("finds a value of several lines", () => {
    expect(redactor({ KEY: "-- begin\nabc\n-- end" }).text("x\n-- begin\nabc\n-- end\ny")).toBe("x\n[secret KEY]\ny");
  });
});

describe("a value that is too short", () => {
  test.each([
    ["", 0],
    ["abc", 3],
    [" abc\n", 3],
  ])("%j is refused by name, without telling the value", (value, bytes) => {
    expect(() => redactor({ PIN: value })).toThrow(
      expect.objectContaining({
        code: "SECRET_TOO_SHORT",
        message: `the secret PIN has ${bytes} bytes, too few to be found in output without blacking out other text`,
        fix: "Give PIN a value of at least 4 bytes, or take it out of secrets. A run that has begun keeps its plan: give it one, or end the run with pawl cancel.",
      }),
    );
  });
});

describe("stream", () => {
  test("finds a secret that is split over chunks, and keeps bytes that are no text", () => {
    const secrets = redactor({ KEY: "sk-12345" });
    const stream = secrets.stream();
    expect(stream.push(Buffer.from([0xff, 0x00, 0x73])).toString("hex")).toBe("ff00");
    expect(stream.push(Buffer.from("k-12")).toString()).toBe("");
    expect(stream.push(Buffer.from("345\xfe", "latin1")).toString("latin1")).toBe("[secret KEY]\xfe");
    expect(stream.end().toString()).toBe("");
  });

  test("gives what only looked like a secret when the output ends", () => {
    const stream = redactor({ KEY: "sk-12345" }).stream();
    expect(stream.push(Buffer.from("x sk-1234")).toString()).toBe("x ");
    expect(stream.end().toString()).toBe("sk-1234");
  });

  test("holds back nothing of a line that cannot be a secret", () => {
    const stream = redactor({ KEY: "sk-12345" }).stream();
    expect(stream.push(Buffer.from("progress 50 %")).toString()).toBe("progress 50 %");
  });

  test("does not grow with a stream of overlapping secrets", () => {
    const stream = redactor({ KEY: "aaaa" }).stream();
    const first = stream.push(Buffer.from("aaaaaa")).toString();
    let rest = "";
    for (let count = 0; count < 1000; count += 1) {
      rest += stream.push(Buffer.from("aaaa")).toString();
    }
    expect(first).toBe("[secret KEY]");
    expect(rest + stream.end().toString()).toBe("");
  });

  // Few letters, so that secrets overlap, repeat and are found in nearly every text.
  const letters = fc.constantFrom("a", "b", "é");
  const values = fc.uniqueArray(fc.string({ unit: letters, minLength: 4, maxLength: 9 }), {
    minLength: 1,
    maxLength: 4,
  });
  const cases = fc.record({
    values,
    text: fc.array(fc.oneof(letters, fc.constant("aaba"), fc.constant("X"), fc.constant("\n")), { maxLength: 120 }),
    planted: fc.array(fc.nat(), { maxLength: 6 }),
    sizes: fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 200 }),
  });

  test("never lets a secret through, however the bytes are cut, and gives the same as in one piece", () => {
    fc.assert(
      fc.property(cases, ({ values, text, planted, sizes }) => {
        const secrets = createRedactor(new Map(values.map((value, index) => [`N${index}`, value])));
        const letters: string[] = [...text];
        for (const place of planted) {
          letters.splice(place % (letters.length + 1), 0, values[place % values.length] as string);
        }
        const whole = letters.join("");
        const redacted = inChunks(secrets, Buffer.from(whole), sizes);
        for (const value of values) {
          expect(redacted.includes(Buffer.from(value))).toBe(false);
        }
        expect(redacted.toString()).toBe(secrets.text(whole));
        expect(redacted.toString()).toBe(blackedOut(whole, values));
      }),
      { numRuns: 3000 },
    );
  });
});

/** The same by another way: mark each character of each occurrence, then replace the marked stretches. */
function blackedOut(text: string, values: readonly string[]): string {
  const owner = new Array<string | undefined>(text.length).fill(undefined);
  const starts = new Map<number, string>();
  let reach = 0;
  for (let at = 0; at < text.length; at += 1) {
    const here = values
      .map((value, index) => ({ value, name: `N${index}` }))
      .filter(({ value }) => text.startsWith(value, at))
      .sort((a, b) => b.value.length - a.value.length)[0];
    if (here !== undefined) {
      if (at >= reach) {
        starts.set(at, here.name);
      }
      reach = Math.max(reach, at + here.value.length);
      owner.fill(here.name, at, at + here.value.length);
    }
  }
  let result = "";
  for (let at = 0; at < text.length; at += 1) {
    const name = starts.get(at);
    result += name === undefined ? "" : `[secret ${name}]`;
    result += owner[at] === undefined ? text[at] : "";
  }
  return result;
}
