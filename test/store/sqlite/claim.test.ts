import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { parseProcStat } from "../../../src/base/proc-stat.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";
import { commitOf, committed } from "./deliveries.fixture.ts";

const statOf = (pid: number) => parseProcStat(readFileSync(`/proc/${pid}/stat`, "utf8"));

/** A process that has ended, whose parent never asks about it. */
async function zombie(): Promise<number> {
  // It ends when its parent has become what asks about nobody; a shell might have.
  const untilThen = "while read -r name < /proc/$$/comm; [ $name != sleep ]; do :; done";
  const script = `(${untilThen}) & echo $!; exec sleep 600`;
  const parent = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  await vi.waitUntil(() => statOf(pid).field(3) === "Z", 10_000);
  return pid;
}

/** A store whose claim is that of another process. */
function storeOf(pid: number): string {
  const file = join(testFolder(), "a.db");
  const store = openSqlite({ file });
  onTestFinished(() => store.close());
  const db = new Database(file);
  db.prepare("UPDATE claim SET pid = ?, process_start = ?").run(pid, statOf(pid).field(22));
  db.close();
  return file;
}

test.skipIf(process.platform !== "linux")("a process that was killed holds no claim, asked about or not", async () => {
  const again = openSqlite({ file: storeOf(await zombie()) });
  expect(again.storeId).toMatch(/^\w{26}$/);
  again.close();
  expect(() => openSqlite({ file: storeOf(process.ppid) })).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
});

test.skipIf(process.platform !== "linux")("an end that could not be written frees no claim of another process", () => {
  const file = join(testFolder(), "a.db");
  const store = openSqlite({ file });
  const db = new Database(file);
  db.exec("ALTER TABLE claim RENAME TO lost");
  store.close();
  // The same fence in the same place, as after somebody made the file anew.
  db.exec("ALTER TABLE lost RENAME TO claim");
  db.prepare("UPDATE claim SET pid = ?, process_start = ?").run(process.ppid, statOf(process.ppid).field(22));
  expect(() => openSqlite({ file })).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
  db.prepare("UPDATE claim SET pid = ?, process_start = ?").run(process.pid, statOf(process.pid).field(22));
  db.close();
  const again = openSqlite({ file });
  expect(again.storeId).toBe(store.storeId);
  expect(() => openSqlite({ file })).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
  again.close();
});

test.skipIf(process.platform !== "linux")("another process with the pid of one that is gone holds no claim", () => {
  const file = storeOf(process.ppid);
  const startedAt = (start: string): void => {
    const db = new Database(file);
    db.prepare("UPDATE claim SET process_start = ?").run(start);
    db.close();
  };
  // Where no start is known, the pid alone has to do.
  startedAt("");
  expect(() => openSqlite({ file })).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
  startedAt("1");
  const again = openSqlite({ file });
  expect(again.wasDelivered(1, "none")).toBe(false);
  again.close();
});

test("who could not write lets its claim run out", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const file = join(testFolder(), "a.db");
  const store = openSqlite({ file });
  onTestFinished(() => store.close());
  expect(await committed(store, "before")).toBeUndefined();
  // A claim by itself holds for ten seconds.
  vi.advanceTimersByTime(10_001);
  expect(() => openSqlite({ file })).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
  vi.advanceTimersByTime(60_000);
  expect(() => openSqlite({ file })).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
  const timer = { actorNo: 1, id: "t", targetNo: 1, event: "no JSON", seq: 1, dueAt: 1 };
  const failure = await new Promise((resolve) => store.commit({ ...commitOf("after"), timersArmed: [timer] }, resolve));
  expect(String(failure)).toContain("CHECK constraint failed");
  vi.advanceTimersByTime(60_000);
  const other = openSqlite({ file });
  onTestFinished(() => other.close());
  expect(other.wasDelivered(1, "before")).toBe(true);
});

test("who lost its claim does not renew that of another", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const file = join(testFolder(), "a.db");
  const store = openSqlite({ file });
  onTestFinished(() => store.close());
  const db = new Database(file);
  onTestFinished(() => void db.close());
  const ends = db.prepare("SELECT expires_at FROM claim").pluck();
  vi.advanceTimersByTime(20_000);
  expect(ends.get()).toBeGreaterThan(Date.now());
  db.prepare("UPDATE claim SET fence = fence + 1, expires_at = 7").run();
  vi.advanceTimersByTime(20_000);
  expect(ends.get()).toBe(7);
});

test("a claim from before the clock was set back keeps nobody out until then", () => {
  const file = join(testFolder(), "a.db");
  const store = openSqlite({ file });
  onTestFinished(() => store.close());
  const claimElsewhere = (forMs: number): void => {
    const db = new Database(file);
    db.prepare("UPDATE claim SET host = 'another', expires_at = ?").run(Date.now() + forMs);
    db.close();
  };
  claimElsewhere(9_000);
  expect(() => openSqlite({ file })).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
  claimElsewhere(365 * 24 * 3_600_000);
  const again = openSqlite({ file });
  onTestFinished(() => again.close());
  expect(again.storeId).toBe(store.storeId);
});
