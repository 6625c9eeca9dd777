import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { type Fault, verifyState } from "../../../src/views/verify/index.ts";
import { database, storedRun, tampered, unfinishedRun } from "./stored-run.fixture.ts";

let folder = "";
beforeAll(async () => {
  folder = await storedRun();
});

const faultsOf = (state: string): readonly Fault[] => verifyState(database(state), state).faults;

describe("verifyState says of what it cannot read", () => {
  test("which table is gone, whichever it is", () => {
    const db = new Database(database(folder), { readonly: true });
    const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    const tables = db.prepare(sql).pluck().all() as string[];
    db.close();
    const said = tables.map((table) => {
      const [first] = faultsOf(tampered(folder, (copy) => copy.exec(`DROP TABLE "${table}"`)));
      return [table, first?.detail.includes(table) ?? "nothing"];
    });
    const unsaid = said.filter(([, names]) => names !== true);
    // Nothing refers to what is in these; a run of this kind has none of the last two.
    const notLooked = ["schema_versions", "claim", "entity_types", "late_settlements", "phases"];
    expect(unsaid).toEqual(notLooked.map((table) => [table, "nothing"]));
  });

  test("that a number is none", () => {
    const state = tampered(folder, (db) => {
      db.exec("UPDATE journal_pages SET first_seq = 9007199254740993 WHERE first_seq = 3");
    });
    expect(faultsOf(state)[0]).toMatchObject({ kind: expect.stringMatching(/^(file|commit)$/) });
  });

  test("that the file is damaged, wherever it is", () => {
    const size = statSync(database(folder)).size;
    const told = Array.from({ length: 11 }, (_, place) => {
      const state = tampered(folder, () => undefined);
      const file = openSync(database(state), "r+");
      writeSync(file, Buffer.alloc(4096, "x"), 0, 4096, Math.floor(size / 4096 / 12) * 4096 * (place + 1));
      closeSync(file);
      return faultsOf(state).length > 0;
    });
    // Some pages hold nothing, or nothing that is looked at.
    expect(told.filter(Boolean).length).toBeGreaterThan(6);
  });

  test("that transitions.jsonl is no file", () => {
    const state = tampered(folder, () => undefined);
    rmSync(join(state, "transitions.jsonl"));
    mkdirSync(join(state, "transitions.jsonl"));
    expect(faultsOf(state)).toMatchObject([
      { kind: "jsonl", table: "transitions.jsonl", detail: expect.stringMatching(/^it cannot be read: EISDIR/) },
    ]);
  });
});

describe("verifyState finds", () => {
  test("a patch that no ledger entry is of", () => {
    const state = tampered(folder, (db) => {
      const columns = "task_id, format, content_hash, content, metadata, version, created_at, updated_at";
      db.exec(
        `INSERT INTO patches (patch_id, ${columns}) SELECT 'r/more', ${columns} FROM patches WHERE patch_id = 'r/a.1~p1'`,
      );
    });
    expect(faultsOf(state)).toEqual([
      { kind: "content", table: "patches", row: "r/more", detail: "no ledger entry is of it" },
    ]);
  });

  test("values that are of no kind that their columns have", async () => {
    const unfinished = await unfinishedRun();
    for (const change of [
      "UPDATE timers SET due_at = ''",
      "UPDATE effects SET requested_at = ''",
      "UPDATE state_transitions SET evidence = 'null' WHERE evidence IS NULL AND transition_id = 3",
    ]) {
      expect([change, faultsOf(tampered(unfinished, (db) => db.exec(change))).length]).toEqual([change, 1]);
    }
  });

  test("the row itself that is wrong, and says what should be there", () => {
    const asleep = tampered(folder, (db) => db.exec("UPDATE actors SET asleep = 7 WHERE id = 'r'"));
    expect(faultsOf(asleep)[0]).toMatchObject({ row: "r", detail: "asleep is 7, it should be 0 or 1" });
    const named = tampered(folder, (db) => db.exec("UPDATE actors SET system_id = 'x' WHERE id = 'r/a'"));
    expect(faultsOf(named)[0]).toMatchObject({ row: "r/a", detail: 'system_id is "x", it should be null' });
  });

  test("rows too many, and names none where all of a table is meant", () => {
    const state = tampered(folder, (db) => {
      db.exec(
        "INSERT INTO workstreams (ws_id, state, run_id, created_at, updated_at) SELECT 'r/z', state, run_id, created_at, updated_at FROM workstreams LIMIT 1",
      );
    });
    expect(faultsOf(state)).toEqual([{ kind: "state", table: "workstreams", detail: "it has 3 rows for 2 actors" }]);
  });
});
