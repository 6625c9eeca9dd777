import { expect, onTestFinished, test } from "vitest";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { migrate, versionOf } from "../../../src/store/sqlite/migrate.ts";

const tables = `
  CREATE TABLE owners (id INTEGER PRIMARY KEY);
  CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owners);
  INSERT INTO owners VALUES (1); INSERT INTO pets VALUES (1, 1);`;

/** A database brought up to the first of these steps. */
function atVersionOne() {
  const db = new Database(":memory:");
  onTestFinished(() => void db.close());
  const upTo = (...steps: string[]) =>
    migrate(db, "f", [{ name: "c", migrations: steps.map((sql, index) => ({ version: index + 1, sql })) }], "now");
  upTo(tables);
  return { db, upTo, pets: () => db.prepare("SELECT owner FROM pets").pluck().all() };
}

test("a step may write anew a table that others refer to", () => {
  const { db, upTo, pets } = atVersionOne();
  upTo(
    tables,
    "CREATE TABLE o (id INTEGER PRIMARY KEY); INSERT INTO o SELECT id FROM owners; DROP TABLE owners; ALTER TABLE o RENAME TO owners",
  );
  expect([versionOf(db, "c"), pets(), db.pragma("foreign_keys", { simple: true })]).toEqual([2, [1], 1]);
});

test("a step that leaves a row referring to nothing is refused, and nothing of it stays", () => {
  const { db, upTo, pets } = atVersionOne();
  const broken = { code: "STORE_FAILED", message: expect.stringContaining("a row of pets refers to a row of owners") };
  expect(() => upTo(tables, "DELETE FROM owners")).toThrow(expect.objectContaining(broken));
  expect([versionOf(db, "c"), pets(), db.pragma("foreign_keys", { simple: true })]).toEqual([1, [1], 1]);
  expect(db.prepare("SELECT count(*) FROM owners").pluck().get()).toBe(1);
});
