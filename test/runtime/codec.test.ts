import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { decode, encode } from "../../src/runtime/codec.ts";
import { diff } from "../../src/runtime/delta.ts";
import { Unserializable } from "../../src/runtime/refused-values.ts";
import { type Delta, patch } from "../../src/store/fold.ts";
import { Database } from "../../src/store/sqlite/driver.ts";

const nobody = () => undefined;
const overJson = (value: unknown) => decode(JSON.parse(JSON.stringify(encode(value, "value", nobody))), nobody);

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom("a", "b", "$pawl"), fc.string()), tie("value"), {
      noNullPrototype: true,
      maxKeys: 4,
    }),
    fc.array(fc.tuple(fc.string(), tie("value"))).map((entries) => new Map(entries)),
  ),
})).value;

const holed = (length: number, members: object): unknown[] => Object.assign(new Array(length), members);

class Rows extends Array {}
class Index extends Map<number, number> {}
class ZonedDate extends Date {}

describe("values over JSON", () => {
  test("come back as they were", () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(overJson({ value })).toStrictEqual({ value });
      }),
    );
  });

  test("keep the holes of an array, and that an object has no prototype", () => {
    const dictionary = Object.assign(Object.create(null), { $pawl: "hole", inner: [new Date(5)] });
    const value = { holes: holed(4, { 0: undefined, 2: new Date(5) }), dictionary, like: [{ $pawl: "hole" }] };
    const back = overJson(value) as typeof value;
    expect(back).toStrictEqual(value);
    expect(Object.keys(back.holes)).toEqual(["0", "2"]);
    expect(Object.getPrototypeOf(back.dictionary)).toBeNull();
  });

  test("keep a date that a test made which turns the time by hand", () => {
    class ClockDate extends Date {}
    Object.defineProperty(ClockDate.prototype, "constructor", { value: Date });
    expect(overJson([new ClockDate(5)])).toEqual([new Date(5)]);
  });

  test("keep an error's name, message, stack and data", () => {
    const error = Object.assign(new TypeError("no"), { code: "E1" });
    const back = overJson({ error }) as { error: TypeError & { code: string } };
    expect(back.error).toBeInstanceOf(Error);
    expect([back.error.name, back.error.message, back.error.code, back.error.stack]).toEqual([
      "TypeError",
      "no",
      "E1",
      error.stack,
    ]);
  });

  test("keep an error one, though a member of it is named __proto__", () => {
    const data = { value: { polluted: true }, enumerable: true };
    const back = overJson({ error: Object.defineProperty(new Error("no"), "__proto__", data) }) as { error: object };
    expect(back.error).toBeInstanceOf(Error);
    expect(Object.getOwnPropertyDescriptor(back.error, "__proto__")?.value).toEqual({ polluted: true });
  });

  test("keep an error's details, and name what cannot be kept", () => {
    const inner = Object.assign(new Error("inner"), { code: 7, socket: new URL("http://localhost"), retry: () => 1 });
    const error = Object.assign(new AggregateError([inner, "text"], "all", { cause: { status: 500 } }), {
      issues: [{ path: ["a"], at: new Date(5) }],
      $pawl: "theirs",
      none: null,
    });
    const { error: back } = overJson({ error }) as { error: typeof error };
    expect(back).toMatchObject({ cause: { status: 500 }, issues: error.issues, $pawl: "theirs", none: null });
    expect(back.errors).toEqual([expect.objectContaining({ message: "inner" }), "text"]);
    expect(Object.entries(back.errors[0])).toEqual([
      ["code", 7],
      ["socket", { $pawl: "omitted", path: "value.error.own.errors[0].own.socket", kind: "an instance of URL" }],
    ]);
    // And once more, as the next restart finds it.
    expect(overJson({ error: back })).toEqual({ error: back });
  });

  test("keep what is around a circle of errors, and of their data", () => {
    const data: Record<string, unknown> = {};
    data["self"] = data;
    const error = Object.assign(new Error("outer"), { cause: Object.assign(new Error("inner"), { code: 1, data }) });
    Object.assign(error.cause, { outer: error });
    const { error: back } = overJson({ error }) as { error: typeof error };
    expect(back.cause).toMatchObject({ message: "inner", code: 1 });
    expect(back.cause).toMatchObject({ data: { $pawl: "omitted" }, outer: { $pawl: "omitted", kind: "a circle" } });
  });

  test("leave a web of errors out that nobody could walk through", () => {
    let web: Error = new Error("last");
    for (let i = 0; i < 300; i += 1) {
      web = Object.assign(new Error("knot"), { one: web, other: web });
    }
    expect(overJson({ error: Object.assign(new Error("outer"), { web, code: 1 }) })).toMatchObject({
      error: { code: 1, web: { $pawl: "omitted" } },
    });
  });

  test.each([
    [{ list: [{ run: () => 1 }] }, "value.list[0].run", "a function"],
    [{ key: Symbol("s") }, "value.key", "a symbol"],
    [{ deep: { [Symbol("s")]: 1 } }, "value.deep[Symbol(s)]", "a member that a symbol names"],
    [{ at: new URL("http://localhost") }, "value.at", "an instance of URL"],
    [{ found: /b/.exec("abc") }, "value.found.groups", "a member of an array, beside what is in it"],
    [{ rows: holed(2, { 1: 1, n: 2 }) }, "value.rows.n", "a member of an array, beside what is in it"],
    [
      { rows: Object.assign(new Array(1_000).fill(1), { columns: ["a"] }) },
      "value.rows.columns",
      "a member of an array, beside what is in it",
    ],
    [{ list: Object.assign([1], { [Symbol("s")]: 1 }) }, "value.list[Symbol(s)]", "a member that a symbol names"],
    [{ list: Rows.from([1]) }, "value.list", "an instance of Rows"],
    [{ index: new Index([[1, 2]]) }, "value.index", "an instance of Index"],
    [{ at: new ZonedDate(5) }, "value.at", "an instance of ZonedDate"],
    [{ at: Object.assign(new Date(5), { zone: "CET" }) }, "value.at.zone", "a member of a date, beside what is in it"],
    [{ n: Object(1) }, "value.n", "an instance of Number"],
    [{ bytes: Buffer.from("a") }, "value.bytes", "an instance of Buffer"],
  ])("refuse what no tag keeps, with its path", (value, path, kind) => {
    expect(() => encode(value, "value", nobody)).toThrow(Unserializable);
    expect(() => encode(value, "value", nobody)).toThrow(`${path} is ${kind}`);
  });

  test("leave out what cannot be enumerated, whatever names it", () => {
    const marked = Object.defineProperties({ n: 1 }, { hidden: { value: 2 }, [Symbol("hidden")]: { value: 3 } });
    expect(encode(marked, "value", nobody)).toEqual({ n: 1 });
  });

  test("ask an array of any size for its other members without naming each index", () => {
    const keys = vi.spyOn(Object, "keys");
    encode(new Array(10_000).fill(1), "value", nobody);
    expect(keys).not.toHaveBeenCalled();
    keys.mockRestore();
  });

  test("refuse a circle", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(() => encode(circle, "value", nobody)).toThrow("a circle");
  });

  test.each([
    ["arrays", (inner: unknown) => [inner]],
    ["objects", (inner: unknown) => ({ inner })],
    ["objects that look like a tag", (inner: unknown) => ({ $pawl: inner })],
    ["maps", (inner: unknown) => new Map([["key", inner]])],
    ["sets", (inner: unknown) => new Set([inner])],
    ["errors", (inner: unknown) => (inner === 0 ? new Error("first") : new Error("next", { cause: inner }))],
  ])("refuse %s that are nested deeper than SQLite reads", (_, wrap) => {
    const db = new Database(":memory:");
    const isRead = db.prepare("SELECT json_valid(?)").pluck();
    const nested = (levels: number) => {
      let value: unknown = 0;
      for (let level = 0; level < levels; level += 1) {
        value = wrap(value);
      }
      return value;
    };
    let kept = 100;
    for (let refused = 600; refused - kept > 1; ) {
      const levels = (kept + refused) >> 1;
      try {
        encode(nested(levels), "value", nobody);
        kept = levels;
      } catch (error) {
        expect(error).toBeInstanceOf(Unserializable);
        refused = levels;
      }
    }
    expect(isRead.get(JSON.stringify({ context: encode(nested(kept), "value", nobody) }))).toBe(1);
    db.close();
  });
});

describe("deltas", () => {
  test("lead from any value to any other", () => {
    fc.assert(
      fc.property(plain, plain, (before, after) => {
        const delta = diff({ before: 1, both: before }, { both: after }, "value", nobody);
        const stored = encode({ before: 1, both: before }, "value", nobody);
        const reached = patch(JSON.parse(JSON.stringify(stored)), JSON.parse(delta ?? "{}") as Delta);
        expect(decode(reached, nobody)).toStrictEqual({ both: after });
      }),
    );
  });

  test.each(["constructor", "toString", "__proto__"])(
    "keep apart a member %s and what every object inherits",
    (name) => {
      const [none, one, other] = ["{}", `{"${name}":{"a":1}}`, `{"${name}":{"a":2},"b":1}`].map((text): unknown =>
        JSON.parse(text),
      );
      for (const [before, after] of [
        [none, one],
        [one, other],
        [other, one],
        [one, none],
      ]) {
        const delta = JSON.parse(diff(before, after, "value", nobody) ?? "{}") as Delta;
        expect(JSON.stringify(patch(before, delta))).toBe(JSON.stringify(after));
      }
    },
  );

  test("of a value and itself are none", () => {
    const value = { a: [1, 2], b: { c: 3 } };
    expect(diff(value, { ...value }, "value", nobody)).toBeUndefined();
  });

  test("of an array that grew are its new items", () => {
    const list = [{ n: 1 }];
    expect(diff(list, [...list, { n: 2 }], "value", nobody)).toBe('{"+":[{"n":2}]}');
  });

  test.each([
    ["grew by a hole", [1], holed(3, { 0: 1, 2: 2 })],
    ["had a hole that was filled", holed(2, { 1: 1 }), [0, 1, 2]],
    ["had a hole where nothing is kept now", holed(2, { 1: 1 }), [undefined, 1, 2]],
    ["had nothing where a hole is now", [undefined, 1], holed(3, { 1: 1, 2: 2 })],
  ])("of an array that %s lead to the new one", (_, before, after) => {
    const delta = JSON.parse(diff(before, after, "value", nobody) ?? "{}") as Delta;
    const stored = JSON.parse(JSON.stringify(encode(before, "value", nobody)));
    expect(decode(patch(stored, delta), nobody)).toStrictEqual(after);
  });

  test("of an array that grew refuse what it has beside its items", () => {
    const grown = Object.assign([1, 2], { index: 1 });
    expect(() => diff([1], grown, "value", nobody)).toThrow("value.index is a member of an array");
  });

  test("lead to an object without a prototype, and from it to one", () => {
    const [bare, plainOne] = [Object.assign(Object.create(null), { a: 1 }), { a: 2 }];
    expect(diff({ bare }, { bare: plainOne }, "value", nobody)).toBe('{"~":{"bare":{"=":{"a":2}}}}');
    expect(diff({ bare: plainOne }, { bare }, "value", nobody)).toBe(
      '{"~":{"bare":{"=":{"$pawl":"bare","value":{"a":1}}}}}',
    );
  });
});
