import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Store } from "../../../src/store/port.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";
import { commitOf, committed } from "./deliveries.fixture.ts";

const threads = vi.hoisted(() => [] as Worker[]);
/** What happens to the program of a thread before it is started. */
const tampering = vi.hoisted(() => ({ with: (program: string) => program }));

vi.mock("node:worker_threads", async (original) => {
  const real = await original<typeof import("node:worker_threads")>();
  class Noted extends real.Worker {
    constructor(...[program, options]: ConstructorParameters<typeof real.Worker>) {
      super(tampering.with(String(program)), options);
      threads.push(this);
    }
  }
  return { ...real, Worker: Noted };
});

/** A store whose commits are written by a thread, that one. */
function opened(): { readonly store: Store; readonly thread: () => Worker; readonly file: string } {
  threads.length = 0;
  const file = join(testFolder(), "store.db");
  const store = openSqlite({ file, threadAfterEvents: 0 });
  return { store, file, thread: () => threads[0] as Worker };
}

const raise = (message: string): never => {
  throw new Error(message);
};

const failedAs = (detail: string) => ({
  code: "STORE_FAILED",
  values: { action: "written", detail: expect.stringContaining(detail) },
});

test("what a thread that ended was asked, and all that comes after, fails; what it wrote is there", async () => {
  const { store, file, thread } = opened();
  expect(await committed(store, "before")).toBeUndefined();
  // So that it takes in nothing more.
  const gone = thread().terminate();
  const asked = committed(store, "asked");
  await gone;
  expect(await asked).toMatchObject(failedAs("the writer's thread ended"));
  expect(await committed(store, "after")).toMatchObject(failedAs("the writer's thread ended"));
  store.settle();
  store.close();
  const again = openSqlite({ file });
  onTestFinished(() => again.close());
  expect(["before", "asked", "after"].map((key) => again.wasDelivered(1, key))).toEqual([true, false, false]);
});

test("a thread that fails is told with what it failed at", async () => {
  const { store, thread } = opened();
  onTestFinished(() => store.close());
  expect(await committed(store, "before")).toBeUndefined();
  thread().emit("error", new Error("out of memory"));
  expect(await committed(store, "after")).toMatchObject(failedAs("the writer's thread failed: out of memory"));
});

test("a thread that does not answer is not waited for without end", async () => {
  const { store } = opened();
  onTestFinished(() => store.close());
  expect(await committed(store, "before")).toBeUndefined();
  const wait = vi.spyOn(Atomics, "wait").mockReturnValue("timed-out");
  onTestFinished(() => wait.mockRestore());
  const failures: unknown[] = [];
  store.commit(commitOf("asked"), (failure) => failures.push(failure));
  store.commit(commitOf("asked too"), (failure) => failures.push(failure));
  store.settle();
  const failure = failedAs("the writer's thread does not answer");
  expect(failures).toMatchObject([failure, failure]);
  expect(await committed(store, "after")).toMatchObject(failure);
});

describe.each<readonly [string, (program: string) => string]>([
  ["may have no thread", () => raise("ERR_ACCESS_DENIED")],
  ["has no program for one", (program) => program.replace("writer-program", "no-program")],
  ["has a thread that fails at once", () => "throw new Error('EMFILE')"],
])("a process that %s", (_, tamper) => {
  test("writes by itself, and knows all that it wrote", async () => {
    tampering.with = tamper;
    onTestFinished(() => {
      tampering.with = (program) => program;
    });
    const { store, file } = opened();
    expect(await committed(store, "first")).toBeUndefined();
    expect(await committed(store, "second")).toBeUndefined();
    store.close();
    const again = openSqlite({ file });
    onTestFinished(() => again.close());
    expect(["first", "second"].map((key) => again.wasDelivered(1, key))).toEqual([true, true]);
  });

  test("writes what is handed over meanwhile, in order", async () => {
    tampering.with = tamper;
    onTestFinished(() => {
      tampering.with = (program) => program;
    });
    const { store } = opened();
    onTestFinished(() => store.close());
    const told: string[] = [];
    const keys = ["first", "second", "third"];
    await Promise.all(
      keys.map((key) => committed(store, key).then((failure) => told.push(`${key} ${String(failure)}`))),
    );
    expect(told).toEqual(keys.map((key) => `${key} undefined`));
    expect(keys.map((key) => store.wasDelivered(1, key))).toEqual([true, true, true]);
  });
});

test("what is handed over while the thread starts is written by it, in order", () => {
  const { store } = opened();
  onTestFinished(() => store.close());
  const told: unknown[] = [];
  const settled: number[] = [];
  for (const key of ["first", "second", "third"]) {
    store.commit(commitOf(key), (failure) => {
      told.push(failure ?? key);
      // Whoever is told may ask at once for all that is left.
      store.settle();
      settled.push(told.length);
    });
  }
  store.settle();
  expect([told, settled]).toEqual([
    ["first", "second", "third"],
    [3, 3, 3],
  ]);
});

test.each([
  ["the first of a thread", false],
  ["a later one", true],
])(
  "what was handed over behind a commit that failed, %s, fails with it; what comes later does not",
  async (_, isLater) => {
    const { store } = opened();
    onTestFinished(() => store.close());
    if (isLater) {
      expect(await committed(store, "before")).toBeUndefined();
    }
    const refused = { actorNo: 1, id: "t", targetNo: 1, event: "no JSON", seq: 1, dueAt: 1 };
    const failures: unknown[] = [];
    store.commit({ ...commitOf("refused"), timersArmed: [refused] }, (failure) => failures.push(failure));
    store.commit(commitOf("behind"), (failure) => failures.push(failure));
    store.commit(commitOf("last"), (failure) => failures.push(failure));
    store.settle();
    expect(failures.map(String)).toEqual(Array(3).fill("Error: CHECK constraint failed: json_valid(event)"));
    expect(await committed(store, "after")).toBeUndefined();
    const keys = ["refused", "behind", "last", "after"];
    expect(keys.map((key) => store.wasDelivered(1, key))).toEqual([false, false, false, true]);
  },
);

test("what a thread that failed may have written is not written again", async () => {
  tampering.with = () => "throw new Error('EMFILE')";
  onTestFinished(() => {
    tampering.with = (program) => program;
  });
  const { store, file } = opened();
  onTestFinished(() => store.close());
  const asked = committed(store, "asked");
  // As the thread would have, before it failed.
  const other = new Database(file);
  other.exec("INSERT INTO store_facts VALUES ('written', 'since')");
  other.close();
  expect(await asked).toMatchObject(failedAs("EMFILE"));
  expect(store.wasDelivered(1, "asked")).toBe(false);
});

test("a claim is renewed by the thread that writes", () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const { store, file } = opened();
  onTestFinished(() => store.close());
  const commit = (key: string): void => {
    store.commit(commitOf(key), (failure) => expect(failure).toBeUndefined());
    store.settle();
  };
  commit("before");
  vi.advanceTimersByTime(60_000);
  commit("after");
  expect(() => openSqlite({ file })).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
});

test("a thread whose program is not there holds up nobody who waits for it", () => {
  tampering.with = (program) => program.replace("writer-program", "no-program");
  onTestFinished(() => {
    tampering.with = (program) => program;
  });
  const { store } = opened();
  onTestFinished(() => store.close());
  const failures: unknown[] = [];
  store.commit(commitOf("asked"), (failure) => failures.push(failure));
  store.commit(commitOf("asked too"), (failure) => failures.push(failure));
  store.settle();
  expect([failures, store.wasDelivered(1, "asked too")]).toEqual([[undefined, undefined], true]);
});
