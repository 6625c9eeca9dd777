import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setup } from "xstate";
import { canonicalJson } from "../../src/base/canonical-json.ts";
import { openRuntime } from "../../src/runtime/index.ts";
import type { Store } from "../../src/store/port.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { followTransitions, readTransitionsFiles, transitionsFiles } from "../../src/store/transitions-file.ts";
import { testFolder } from "../runtime/folder.fixture.ts";

const lamp = setup({}).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});

async function flip(store: Store, times: number): Promise<void> {
  const runtime = await openRuntime({ store, machines: { lamp } });
  const actor = runtime.createActor("lamp", { id: "l" });
  for (let i = 0; i < times; i += 1) {
    await actor.deliver({ type: "flip" });
  }
  await runtime.close();
}

const ids = (file: string) =>
  readTransitionsFiles(file).map((line) => (line as { transition_id: number }).transition_id);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("transitions.jsonl", () => {
  test("holds each event once, in order, as the store has it", async () => {
    const file = join(testFolder(), "transitions.jsonl");
    const store = openSqlite({ file: ":memory:" });
    const end = followTransitions(store, { file });
    await flip(store, 5);
    end();
    const stored = store.auditsAfter(0, 100);
    expect(readTransitionsFiles(file)).toEqual(stored);
    expect(readFileSync(file, "utf8")).toBe(stored.map((row) => `${canonicalJson(row)}\n`).join(""));
    expect(ids(file)).toEqual(upTo(5));
  });

  test("is readable by its owner only, and so is what was put aside", async () => {
    const file = join(testFolder(), "transitions.jsonl");
    const before = process.umask(0);
    try {
      const store = openSqlite({ file: ":memory:" });
      const end = followTransitions(store, { file, maxBytes: 1_000 });
      await flip(store, 9);
      end();
    } finally {
      process.umask(before);
    }
    const all = transitionsFiles(file);
    expect(all.length).toBeGreaterThan(1);
    expect(all.map((name) => (statSync(name).mode & 0o777).toString(8))).toEqual(all.map(() => "600"));
  });

  test("catches up with what was committed while nobody followed", async () => {
    const file = join(testFolder(), "transitions.jsonl");
    const store = openSqlite({ file: ":memory:" });
    await flip(store, 3);
    followTransitions(store, { file })();
    await flip(store, 2);
    followTransitions(store, { file })();
    followTransitions(store, { file })();
    expect(ids(file)).toEqual(upTo(5));
  });

  test("is made whole again, wherever a crash cut it off", async () => {
    const store = openSqlite({ file: ":memory:" });
    await flip(store, 4);
    const file = join(testFolder(), "transitions.jsonl");
    followTransitions(store, { file })();
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.nat({ max: whole.length }), fc.constantFrom("", "\0\0\0", "{"), (length, rest) => {
        writeFileSync(file, whole);
        truncateSync(file, length);
        appendFileSync(file, rest);
        followTransitions(store, { file })();
        expect(readFileSync(file).equals(whole)).toBe(true);
      }),
    );
  });

  test.each(["\n", "\n\n", "no JSON\n", '{"transition_id":1}\n', "{}\n"])(
    "begins anew where none of its lines is one of the store: %j",
    async (text) => {
      const store = openSqlite({ file: ":memory:" });
      await flip(store, 2);
      const file = join(testFolder(), "transitions.jsonl");
      writeFileSync(file, text);
      followTransitions(store, { file })();
      expect(ids(file)).toEqual(upTo(2));
    },
  );

  test.each([
    ["a folder", (file: string) => mkdirSync(file), /EISDIR/],
    ["a pipe", (file: string) => execFileSync("mkfifo", [file]), /no regular file/],
  ])("is refused where %s stands in its place, and the store says so", async (_, make, detail) => {
    const store = openSqlite({ file: ":memory:" });
    const file = join(testFolder(), "transitions.jsonl");
    make(file);
    const refused = { code: "STORE_READ_ONLY", values: { file, detail: expect.stringMatching(detail) } };
    expect(() => followTransitions(store, { file })).toThrow(expect.objectContaining(refused));
  });

  test("is put aside when it is full, and goes on from there after a crash", async () => {
    const file = join(testFolder(), "transitions.jsonl");
    const store = openSqlite({ file: ":memory:" });
    const end = followTransitions(store, { file, maxBytes: 1_000 });
    await flip(store, 7);
    end();
    expect(transitionsFiles(file).length).toBeGreaterThan(2);
    expect(ids(file)).toEqual(upTo(7));
    rmSync(file, { force: true });
    followTransitions(store, { file, maxBytes: 1_000 })();
    expect(ids(file)).toEqual(upTo(7));
  });
});
