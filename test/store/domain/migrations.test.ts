import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { domainComponent } from "../../../src/store/domain/index.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import type { SchemaComponent } from "../../../src/store/sqlite/migrate.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { attempt, insert, move, newPatch, newRow, rowIn, update } from "./raw.fixture.ts";

const newFile = (): string => join(mkdtempSync(join(tmpdir(), "pawl-migrations-")), "pipeline.db");
const upTo = (version: number): SchemaComponent => ({
  ...domainComponent,
  migrations: domainComponent.migrations.filter((one) => one.version <= version),
});

function rawAt(file: string, version: number): Database {
  openSqlite({ file, components: [upTo(version)] }).close();
  return new Database(file);
}

/** Everything that the schema says of the domain, in one order. */
function schemaOf(db: Database): string[] {
  return db
    .prepare("SELECT type || ' ' || name || ' ' || replace(coalesce(sql, ''), '\"', '') FROM sqlite_schema ORDER BY 1")
    .pluck()
    .all() as string[];
}

describe("the schema of the domain", () => {
  test("of a shipped version never changes: a new catalogue makes a new version", () => {
    const hashes = domainComponent.migrations.map(({ version, sql }) => [
      version,
      createHash("sha256").update(sql).digest("hex"),
    ]);
    expect(hashes).toEqual([
      [1, "cffca267242f2bb82e5d75e126a4bc380f26133f5f0414c465780a8eb1ee17cd"],
      [2, "30ac630b33f185f84c3d0545c1195ac75aebe97e4f23b773de00f5a7ff701adf"],
    ]);
  });

  test("goes from 1 to 2 with rows in every table, and keeps each of them", () => {
    const file = newFile();
    const db = rawAt(file, 1);
    insert(db, "phases", {
      phase_id: "ph",
      name: "first",
      created_at: "2026-01-01T00:00:00.000Z",
      updated_at: "2026-01-01T00:00:00.000Z",
    });
    rowIn(db, "run", "run", "running");
    rowIn(db, "workstream", "workstream", "executing");
    rowIn(db, "task", "task", "completed");
    rowIn(db, "task", "under-way", "running");
    rowIn(db, "worker", "w", "busy");
    rowIn(db, "uet_worker", "u", "BUSY");
    insert(db, "patches", newPatch("patch"));
    rowIn(db, "patch_ledger", "ledger", "committed");
    rowIn(db, "test_gate", "gate", "FAILED");
    rowIn(db, "circuit_breaker", "tool", "OPEN");
    const names = [
      "phases",
      "runs",
      "workstreams",
      "tasks",
      "workers",
      "uet_workers",
      "patches",
      "patch_ledger_entries",
      "test_gates",
      "circuit_breakers",
    ];
    const rowsOf = (from: Database) => names.map((name) => from.prepare(`SELECT * FROM ${name}`).all());
    expect(attempt(db, () => update(db, "run", "run", { state: "paused" }))).toContain("no such transition of runs");
    expect(attempt(db, () => move(db, "workstream", "workstream", "failed"))).toBeUndefined();
    const before = rowsOf(db);
    db.close();

    const after = rawAt(file, 2);
    expect(rowsOf(after)).toEqual(before);
    expect(before.every((rows) => rows.length > 0)).toBe(true);
    expect(after.pragma("foreign_key_check")).toEqual([]);
    after.pragma("foreign_keys = ON");
    expect(attempt(after, () => move(after, "run", "run", "paused"))).toBeUndefined();
    expect(attempt(after, () => move(after, "worker", "w", "suspended"))).toBeUndefined();
    expect(
      attempt(after, () => insert(after, "workstreams", { ...newRow("workstream", "x"), run_id: "none" })),
    ).toContain("FOREIGN KEY");
    after.close();
  });

  test("is the same whether a file is made at 2 or brought to it", () => {
    const file = newFile();
    rawAt(file, 1).close();
    const [brought, made] = [rawAt(file, 2), rawAt(newFile(), 2)];
    expect(schemaOf(brought)).toEqual(schemaOf(made));
    brought.close();
    made.close();
  });

  test("at 1 knows the transitions of 1.0.0 only", () => {
    const db = rawAt(newFile(), 1);
    db.pragma("foreign_keys = OFF");
    rowIn(db, "task", "task", "pending");
    expect(attempt(db, () => move(db, "task", "task", "cancelled"))).toContain("no such transition of tasks");
    expect(attempt(db, () => move(db, "task", "task", "queued"))).toBeUndefined();
    db.close();
  });

  test("refuses a file of a newer Pawl and leaves it as it is", () => {
    const file = newFile();
    rawAt(file, 2).close();
    expect(() => openSqlite({ file, components: [upTo(1)] })).toThrow(
      expect.objectContaining({ code: "STORE_NEWER", values: expect.objectContaining({ found: 2, known: 1 }) }),
    );
  });

  test("stays at its version when a step of it fails, with nothing of the step done", () => {
    const file = newFile();
    rawAt(file, 1).close();
    const broken = {
      ...domainComponent,
      migrations: domainComponent.migrations.map((one) =>
        one.version === 2 ? { ...one, sql: `${one.sql}\nINSERT INTO nowhere VALUES (1);` } : one,
      ),
    };
    expect(() => openSqlite({ file, components: [broken] })).toThrow("nowhere");
    const db = new Database(file);
    expect(db.prepare("SELECT version FROM schema_versions WHERE component = 'domain'").pluck().get()).toBe(1);
    expect(attempt(db, () => rowIn(db, "run", "run", "running"))).toBeUndefined();
    expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%paused%'").pluck().get()).toBe(0);
    db.close();
  });
});
