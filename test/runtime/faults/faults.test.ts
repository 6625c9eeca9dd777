import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { assign, setup } from "xstate";
import { openRuntime, PawlError } from "../../../src/runtime/index.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { followTransitions } from "../../../src/store/transitions-file.ts";
import { checkStore } from "../crash/check-store.ts";
import { testFolder } from "../folder.fixture.ts";

const tally = setup({
  types: {} as { context: { taken: string[] }; events: { type: "TAKE"; text: string } },
}).createMachine({
  context: { taken: [] },
  initial: "even",
  states: {
    even: {
      on: {
        TAKE: { target: "odd", actions: assign({ taken: ({ context, event }) => [...context.taken, event.text] }) },
      },
    },
    odd: {
      on: {
        TAKE: { target: "even", actions: assign({ taken: ({ context, event }) => [...context.taken, event.text] }) },
      },
    },
  },
});
const machines = { tally };

/** Takes texts until one is refused. */
async function takeUntilRefused(
  take: (text: string) => Promise<unknown>,
  texts: Iterable<string>,
): Promise<{ readonly acknowledged: string[]; readonly refusal: unknown }> {
  const acknowledged: string[] = [];
  for (const text of texts) {
    try {
      await take(text);
      acknowledged.push(text);
    } catch (refusal) {
      return { acknowledged, refusal };
    }
  }
  return { acknowledged, refusal: undefined };
}

function* texts(length: number): Generator<string> {
  for (let count = 0; count < 5_000; count += 1) {
    yield String(count).padEnd(length, ".");
  }
}

const codeOf = (error: unknown): string => (error instanceof PawlError ? error.code : String(error));

/** A disk of its own in that folder; false where that is not allowed. */
function mountSmallDisk(folder: string, kilobytes: number): boolean {
  mkdirSync(folder);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder]);
  if (status === 0) {
    onTestFinished(() => {
      execFileSync("umount", ["--lazy", folder]);
    });
  }
  return status === 0;
}

/** Who writes, by the option that decides it. */
const writers = [
  ["the caller's thread", Number.POSITIVE_INFINITY],
  ["a thread of its own", 0],
] as const;

describe.each(writers)("a disk that is full in the middle of a commit of %s", (_, threadAfterEvents) => {
  test("ends the runtime with the reason, and what was acknowledged is there when there is space again", async (context) => {
    const folder = join(testFolder(), "disk");
    if (!mountSmallDisk(folder, 2_048)) {
      context.skip("a small disk can only be mounted by root");
    }
    const ballast = join(folder, "ballast");
    writeFileSync(ballast, Buffer.alloc(1_200_000));
    const file = join(folder, "tally.db");
    const lines = join(folder, "transitions.jsonl");
    const store = openSqlite({ file, threadAfterEvents });
    const end = followTransitions(store, { file: lines });
    const told: string[] = [];
    const runtime = await openRuntime({ store, machines, onFailure: (error) => told.push(codeOf(error)) });
    const actor = runtime.createActor("tally", { id: "t" });
    const { acknowledged, refusal } = await takeUntilRefused(
      (text) => actor.deliver({ type: "TAKE", text }),
      texts(200),
    );
    expect([codeOf(refusal), told]).toEqual(["STORE_FULL", ["STORE_FULL"]]);
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(() => actor.send({ type: "TAKE", text: "more" })).toThrow("does not accept events any more: no space left");
    runtime.halt();
    end();
    store.close();

    rmSync(ballast);
    const again = openSqlite({ file });
    const endAgain = followTransitions(again, { file: lines });
    const second = await openRuntime({ store: again, machines });
    const found = second.createActor("tally", { id: "t" });
    expect(found.getSnapshot().context.taken.slice(0, acknowledged.length)).toEqual(acknowledged);
    await found.deliver({ type: "TAKE", text: "more" });
    await second.close();
    endAgain();
    again.close();
    expect(checkStore(file, lines)).toMatchObject({ faults: [], linesMissing: 0 });
  });
});

describe.each(writers)("a file that another connection has locked, with commits of %s,", (_, threadAfterEvents) => {
  test("ends the runtime with the reason, and it goes on after the lock is gone", async () => {
    const file = join(testFolder(), "tally.db");
    const store = openSqlite({ file, threadAfterEvents });
    const runtime = await openRuntime({ store, machines });
    const actor = runtime.createActor("tally", { id: "t" });
    await actor.deliver({ type: "TAKE", text: "first" });
    const other = new Database(file);
    other.exec("BEGIN IMMEDIATE");
    const { refusal } = await takeUntilRefused((text) => actor.deliver({ type: "TAKE", text }), ["second"]);
    expect(String(refusal)).toContain("database is locked (SQLITE_BUSY)");
    expect(codeOf(refusal)).toBe("STORE_LOCKED");
    other.close();
    runtime.halt();
    store.close();

    const second = await openRuntime({ file, machines });
    const found = second.createActor("tally", { id: "t" });
    expect(found.getSnapshot().context.taken).toEqual(["first"]);
    await found.deliver({ type: "TAKE", text: "second" });
    await second.close();
    expect(checkStore(file).faults).toEqual([]);
  });
});

test("a file that another connection has locked is waited for as long as was said", async () => {
  const file = join(testFolder(), "tally.db");
  const other = new Database(file);
  other.exec("BEGIN IMMEDIATE");
  const opening = openRuntime({ file, machines, waitMs: 60_000 });
  other.close();
  const runtime = await opening;
  await runtime.createActor("tally", { id: "t" }).deliver({ type: "TAKE", text: "first" });
  await runtime.close();
});

describe("a page that cannot be read", () => {
  test("is told of when the store is opened, and nothing is written", async () => {
    const file = join(testFolder(), "tally.db");
    const runtime = await openRuntime({ file, machines });
    await runtime.createActor("tally", { id: "t" }).deliver({ type: "TAKE", text: "first" });
    await runtime.close();
    const bytes = readFileSync(file);
    const db = new Database(file, { readonly: true });
    const page = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'actors'").pluck().get() as number;
    db.close();
    bytes.fill(0xff, (page - 1) * 4_096, page * 4_096);
    writeFileSync(file, bytes);
    const refusal = await openRuntime({ file, machines }).catch((error: unknown) => error);
    expect(codeOf(refusal)).toBe("STORE_DAMAGED");
    expect(String(refusal)).toContain("database disk image is malformed");
  });
});

describe.each(writers)("a sync of %s that fails", (_, threadAfterEvents) => {
  test("ends the runtime with the reason, and what was acknowledged is there after a restart", async (context) => {
    const folder = testFolder();
    const library = join(folder, "failing-disk.so");
    const source = fileURLToPath(new URL("failing-disk.fixture.c", import.meta.url));
    if (spawnSync("cc", ["-shared", "-fPIC", "-o", library, source]).status !== 0) {
      context.skip("there is no C compiler");
    }
    const file = join(folder, "lamp.db");
    const marker = join(folder, "syncs-fail");
    const program = fileURLToPath(new URL("failing-sync.fixture.mjs", import.meta.url));
    const told = execFileSync(process.execPath, [program, file, marker, String(threadAfterEvents)], {
      env: { ...process.env, LD_PRELOAD: library, FAILING_SYNC: marker },
      encoding: "utf8",
    });
    expect(JSON.parse(told)).toEqual(["acknowledged", "failure STORE_FAILED", "STORE_FAILED", "RUNTIME_CLOSED"]);
    const lamp = setup({}).createMachine({
      initial: "off",
      states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
    });
    const runtime = await openRuntime({ file, machines: { lamp } });
    // The one that failed may be there, or not: nobody was told that it was.
    expect(runtime.history("l").length).toBeGreaterThanOrEqual(2);
    await runtime.createActor("lamp", { id: "l" }).deliver({ type: "flip" });
    await runtime.close();
    expect(checkStore(file).faults).toEqual([]);
  });
});
