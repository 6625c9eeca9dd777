import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PawlError } from "../../../src/base/errors/index.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import type { SchemaComponent } from "../../../src/store/sqlite/migrate.ts";
import { openSqlite, openSqliteReader } from "../../../src/store/sqlite/open.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";

const notes = (...steps: readonly string[]): SchemaComponent => ({
  name: "notes",
  migrations: steps.map((sql, index) => ({ version: index + 1, sql })),
});
const makeNotes = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT";

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof PawlError ? error.code : String(error);
  }
  return "none";
}

/** Makes a store, and changes it as no Pawl does. */
function storeWith(change: (db: Database) => void, component?: SchemaComponent): string {
  const file = join(testFolder(), "store.db");
  openSqlite({ file, components: component === undefined ? [] : [component] }).close();
  const db = new Database(file);
  change(db);
  // One file, without a log beside it: its bytes are all there is.
  db.pragma("journal_mode = DELETE");
  db.close();
  return file;
}

function schemaOf(file: string): unknown[] {
  const db = openSqliteReader(file);
  try {
    return [
      ...db.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all(),
      ...db.prepare("SELECT component, version FROM schema_versions").all(),
    ];
  } finally {
    db.close();
  }
}

describe("a file that cannot be used", () => {
  test("is refused, and not changed, when a newer Pawl wrote it", () => {
    const file = storeWith((db) => db.exec("UPDATE schema_versions SET version = 99 WHERE component = 'runtime'"));
    const before = schemaOf(file);
    expect(() => openSqlite({ file })).toThrow("has schema 99 of runtime, this Pawl knows up to 3");
    expect(codeOf(() => openSqlite({ file, components: [notes(makeNotes)] }))).toBe("STORE_NEWER");
    expect(schemaOf(file)).toEqual(before);
  });

  test("is refused, and not changed, when it lacks the table of the journal, as in the first builds", () => {
    const file = storeWith((db) =>
      db.exec("DROP VIEW journal; DROP TABLE journal_pages; UPDATE schema_versions SET version = 1"),
    );
    const before = readFileSync(file);
    expect(() => openSqlite({ file })).toThrow("is not a Pawl store: it has no table journal_pages");
    expect(readFileSync(file)).toEqual(before);
  });

  test("is refused when its name is none", () => {
    for (const file of ["", "a\0b", 7 as unknown as string]) {
      expect(() => openSqlite({ file })).toThrow(/^.+ is not a Pawl store: it is no path of a file$/);
    }
    for (const file of ["file:a.db", "file:///a.db", new URL("file:///a.db") as unknown as string]) {
      expect(() => openSqlite({ file })).toThrow(/^'file:.+ is not a Pawl store: it is a URL: fileURLToPath/);
    }
  });

  test.runIf(process.platform === "linux")("is refused where no folder can be made for it", () => {
    expect(codeOf(() => openSqlite({ file: "/proc/pawl/a.db" }))).toBe("STORE_READ_ONLY");
  });

  test("is refused, and not changed, when it is no database", () => {
    for (const text of ["x", "not a database, but rather long: ".repeat(100), "SQLite format 3\0 and no more of it"]) {
      const file = join(testFolder(), "notes.txt");
      writeFileSync(file, text);
      expect(codeOf(() => openSqlite({ file }))).toBe("STORE_NOT_A_DATABASE");
      expect(readFileSync(file, "utf8")).toBe(text);
      expect(readdirSync(join(file, ".."))).toEqual(["notes.txt"]);
    }
  });

  test("is none with nothing in it: that becomes a store", () => {
    const file = join(testFolder(), "store.db");
    writeFileSync(file, "");
    const { storeId, close } = openSqlite({ file });
    close();
    const again = openSqlite({ file });
    expect(again.storeId).toBe(storeId);
    again.close();
  });

  test("can be opened once a copy of it is put in the place of a damaged one", () => {
    const file = join(testFolder(), "store.db");
    openSqlite({ file }).close();
    writeFileSync(file, readFileSync(file).subarray(0, 100));
    expect(codeOf(() => openSqlite({ file }))).toBe("STORE_DAMAGED");
    writeFileSync(file, readFileSync(storeWith(() => undefined)));
    expect(() => openSqlite({ file }).close()).not.toThrow();
  });

  test.each(["users", "actors", "schema_versions"])(
    "is refused when another program has tables in it (%s)",
    (table) => {
      const file = join(testFolder(), "app.db");
      const app = new Database(file);
      app.exec(`CREATE TABLE ${table} (version INTEGER)`);
      const before = readFileSync(file);
      expect(() => openSqlite({ file })).toThrow(
        `app.db is not a Pawl store: its tables are another program's (${table})`,
      );
      app.close();
      expect(readFileSync(file)).toEqual(before);
    },
  );

  test("is refused as damaged where its head is", () => {
    const file = join(testFolder(), "store.db");
    openSqlite({ file }).close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xaa, 30, 100));
    expect(codeOf(() => openSqlite({ file }))).toBe("STORE_DAMAGED");
  });

  test("is refused by a reader when there is none, and is not made", () => {
    const file = join(testFolder(), "none.db");
    expect(codeOf(() => openSqliteReader(file))).toBe("STORE_NOT_A_DATABASE");
    expect(existsSync(file)).toBe(false);
  });

  test("is refused where it cannot be written", () => {
    const folder = join(testFolder(), "locked");
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    writeFileSync(`${folder}.txt`, "");
    // Every folder can be written by root, but nothing can be made below a file.
    const file = join(process.getuid?.() === 0 ? `${folder}.txt` : folder, "store.db");
    const code = codeOf(() => openSqlite({ file }));
    chmodSync(folder, 0o700);
    expect(code).toBe("STORE_READ_ONLY");
  });
});

describe("a migration", () => {
  test("is done with all others, or not at all", () => {
    const file = storeWith(() => undefined, notes(makeNotes));
    const before = schemaOf(file);
    const broken = notes(makeNotes, "ALTER TABLE notes ADD COLUMN at TEXT; INSERT INTO nowhere VALUES (1)");
    const added: SchemaComponent = { name: "added", migrations: [{ version: 1, sql: "CREATE TABLE added (x)" }] };
    expect(() => openSqlite({ file, components: [added, broken] })).toThrow("no such table: nowhere");
    expect(schemaOf(file)).toEqual(before);
  });

  test("is not done under a process of another build that is at work", () => {
    const file = join(testFolder(), "store.db");
    const older = openSqlite({ file, components: [notes(makeNotes)] });
    const before = schemaOf(file);
    const newer = [notes(makeNotes, "ALTER TABLE notes ADD COLUMN at TEXT")];
    expect(codeOf(() => openSqlite({ file, components: newer }))).toBe("STORE_IN_USE");
    expect(schemaOf(file)).toEqual(before);
    older.close();
    openSqlite({ file, components: newer }).close();
    expect(schemaOf(file)).toContainEqual({ component: "notes", version: 2 });
  });

  test("may write a table anew, and keeps its rows", () => {
    const file = storeWith((db) => db.exec("INSERT INTO notes VALUES (1, 'kept')"), notes(makeNotes));
    const anew = `CREATE TABLE notes_2 (id INTEGER PRIMARY KEY, text TEXT NOT NULL, at TEXT) STRICT;
      INSERT INTO notes_2 SELECT id, text, NULL FROM notes; DROP TABLE notes; ALTER TABLE notes_2 RENAME TO notes;`;
    openSqlite({ file, components: [notes(makeNotes, anew)] }).close();
    const db = openSqliteReader(file);
    expect(db.prepare("SELECT * FROM notes").all()).toEqual([{ id: 1, text: "kept", at: null }]);
    db.close();
  });

  test("is undone when it leaves a reference to nothing", () => {
    const file = storeWith(() => undefined, notes(makeNotes));
    const before = schemaOf(file);
    const orphan = "CREATE TABLE tags (note INTEGER REFERENCES notes (id)); INSERT INTO tags VALUES (7)";
    expect(() => openSqlite({ file, components: [notes(makeNotes, orphan)] })).toThrow(
      "a row of tags refers to a row of notes that is not there",
    );
    expect(schemaOf(file)).toEqual(before);
  });
});
