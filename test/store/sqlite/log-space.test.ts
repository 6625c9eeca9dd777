import { spawnSync } from "node:child_process";
import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { openConnection } from "../../../src/store/sqlite/connection.ts";
import { makeRoomInLog } from "../../../src/store/sqlite/log-space.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";
import { committed } from "./deliveries.fixture.ts";

const laidOut = 32 + 4_000 * (24 + 4_096);
const logBytes = ({ name }: Database): number => statSync(`${name}-wal`).size;

/** A database that one row after the other is written to, a commit each. */
function rows(folder: string): { readonly db: Database; write(count: number): void } {
  const db = openConnection(join(folder, "rows.db"), "full");
  onTestFinished(() => void db.close());
  db.exec("CREATE TABLE rows (no INTEGER PRIMARY KEY, text TEXT)");
  const insert = db.prepare("INSERT INTO rows (text) VALUES (?)");
  const makeRoom = makeRoomInLog(db);
  const write = (count: number): void => {
    for (let i = 0; i < count; i += 1) {
      insert.run("x".repeat(300));
      makeRoom();
    }
  };
  return { db, write };
}

const countOf = (db: Database): unknown => [
  db.prepare("SELECT count(*) FROM rows").pluck().get(),
  db.pragma("integrity_check", { simple: true }),
];

test("a log is laid out once its process makes many commits, and then grows no more", () => {
  const { db, write } = rows(testFolder());
  write(31);
  expect(logBytes(db)).toBeLessThan(laidOut / 10);
  write(1);
  expect(logBytes(db)).toBe(laidOut);
  write(5_000);
  expect([logBytes(db), countOf(db)]).toEqual([laidOut, [5_032, "ok"]]);
});

test("the log of a store is laid out by its commits", async () => {
  const file = join(testFolder(), "store.db");
  const store = openSqlite({ file });
  onTestFinished(() => store.close());
  for (let n = 1; n <= 32; n += 1) {
    expect(statSync(`${file}-wal`).size).toBeLessThan(laidOut);
    expect(await committed(store, `${n}`)).toBeUndefined();
  }
  expect(statSync(`${file}-wal`).size).toBe(laidOut);
});

test("a log that grew while somebody read gives its place back", () => {
  const { db, write } = rows(testFolder());
  write(32);
  const reader = openConnection(db.name, "full");
  reader.exec("BEGIN");
  const before = countOf(reader);
  db.exec(`INSERT INTO rows (text) SELECT hex(randomblob(2000)) FROM rows a, rows b, rows c LIMIT 20000`);
  write(1);
  expect([logBytes(db) > 4 * laidOut, countOf(reader)]).toEqual([true, before]);
  reader.close();
  write(2);
  expect([logBytes(db), countOf(db)]).toEqual([laidOut, [20_035, "ok"]]);
});

test("what a process that is killed left in a log with room to spare is all there", () => {
  const folder = testFolder();
  const { db, write } = rows(folder);
  write(32);
  const justLaidOut = join(folder, "just-laid-out.db");
  const wentOn = join(folder, "went-on.db");
  for (const [copy, more] of [
    [justLaidOut, 8],
    [wentOn, 0],
  ] as const) {
    copyFileSync(db.name, copy);
    copyFileSync(`${db.name}-wal`, `${copy}-wal`);
    write(more);
  }
  const found = [justLaidOut, wentOn].map((file) => {
    const left = openConnection(file, "full");
    onTestFinished(() => void left.close());
    return countOf(left);
  });
  expect(found).toEqual([
    [32, "ok"],
    [40, "ok"],
  ]);
});

test("a disk without place for it keeps its place, and commits go on", ({ skip }) => {
  const folder = testFolder();
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=4000k", "tmpfs", folder]).status !== 0) {
    skip("only root may mount a small disk");
  }
  onTestFinished(() => void spawnSync("umount", [folder]));
  const { db, write } = rows(folder);
  write(31);
  const before = logBytes(db);
  write(9);
  expect(logBytes(db)).toBeLessThan(before * 2);
  expect(countOf(db)).toEqual([40, "ok"]);
});

test("a database in memory has none", () => {
  const db = openConnection(":memory:", "full");
  const makeRoom = makeRoomInLog(db);
  expect(Array.from({ length: 40 }, () => makeRoom())).toHaveLength(40);
  db.close();
});
