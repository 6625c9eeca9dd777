import { appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { type FaultKind, verifyState } from "../../../src/views/verify/index.ts";
import { database, storedRun, tampered, unfinishedRun } from "./stored-run.fixture.ts";

let folder = "";
beforeAll(async () => {
  folder = await storedRun();
});

const verify = (state: string) => verifyState(database(state), state);
const kindsOf = (state: string): FaultKind[] => verify(state).faults.map(({ kind }) => kind);

describe("verifyState", () => {
  test("finds nothing wrong in what Pawl wrote, and says how much it looked at", () => {
    const found = verify(folder);
    expect(found.faults).toEqual([]);
    expect(found).toMatchObject({ ok: true, entities: 13, linesMissing: 0, lines: found.audits });
    expect([found.audits > 40, found.commits > 10]).toEqual([true, true]);
  });

  test("names the first event that was changed", () => {
    const state = tampered(folder, (db) => {
      db.exec("UPDATE state_transitions SET reason = 'other' WHERE transition_id IN (7, 9)");
    });
    expect(verify(state).faults[0]).toEqual({
      kind: "chain",
      table: "state_transitions",
      row: 7,
      detail: "its hash does not fit it",
    });
  });

  test("finds an event that was taken out, in the middle and at the end", () => {
    const middle = tampered(folder, (db) => db.exec("DELETE FROM state_transitions WHERE transition_id = 7"));
    expect(verify(middle).faults[0]).toMatchObject({ kind: "chain", row: 8, detail: "transition 7 is missing" });
    const end = tampered(folder, (db) =>
      db.exec("DELETE FROM state_transitions WHERE transition_id = (SELECT max(transition_id) FROM state_transitions)"),
    );
    expect(kindsOf(end)).toEqual(expect.arrayContaining(["commit", "jsonl", "state"]));
  });

  test("finds a page of the journal that was taken out or added", () => {
    const out = tampered(folder, (db) => db.exec("DELETE FROM journal_pages WHERE first_seq > 20 AND first_seq < 24"));
    expect(kindsOf(out)).toContain("commit");
    const added = tampered(folder, (db) =>
      db.exec("INSERT INTO journal_pages VALUES (99999, 1, 99999, '[[99999,0,{},{}]]')"),
    );
    expect(verify(added).faults).toEqual([
      { kind: "commit", table: "journal_pages", row: 99_999, detail: "no commit covers it" },
    ]);
  });

  test.each([
    ["runs", "run_id = 'r'", "state = 'failed'", "state"],
    ["tasks", "task_id = 'r/a.1'", "state = 'failed'", "state"],
    ["tasks", "task_id = 'r/a.2'", "retry_count = 0", "column"],
    ["tasks", "task_id = 'r/a.2'", "is_critical = 1", "column"],
    ["patch_ledger_entries", "ledger_id = 'r/a.1~p1'", "commit_sha = 'other'", "column"],
    ["patch_ledger_entries", "ledger_id = 'r/b.1~p1'", "state = 'committed'", "state"],
    ["test_gates", "gate_id = 'r/b.1~p1~unit'", "exit_code = 0", "column"],
  ])("finds %s where %s with %s", (table, where, set, kind) => {
    const state = tampered(folder, (db) => {
      expect(db.prepare(`UPDATE ${table} SET ${set} WHERE ${where}`).run().changes).toBe(1);
    });
    const id = where.split("'")[1];
    expect(verify(state).faults).toEqual([{ kind, table, row: id, detail: expect.any(String) }]);
  });

  test.each(["at", "fence", "first_seq", "last_seq"])("finds a commit whose %s was changed", (column) => {
    const state = tampered(folder, (db) => db.exec(`UPDATE commits SET ${column} = ${column} + 1 WHERE commit_no = 5`));
    expect(verify(state).faults[0]).toMatchObject({ kind: "commit", table: "commits", row: 5 });
  });

  test("finds a commit without journal pages that says where they begin", () => {
    const state = tampered(folder, (db) =>
      expect(db.prepare("UPDATE commits SET first_seq = 1 WHERE last_seq = 0").run().changes).toBeGreaterThan(0),
    );
    expect(verify(state).faults[0]).toMatchObject({ kind: "commit", table: "commits" });
  });

  test("finds a row that was deleted, and one that nobody made", () => {
    const deleted = tampered(folder, (db) => db.exec("DELETE FROM test_gates WHERE gate_id = 'r/b.1~p1~unit'"));
    expect(verify(deleted).faults).toMatchObject([
      { kind: "state", row: "r/b.1~p1~unit", detail: "there is no such row" },
    ]);
    const forged = tampered(folder, (db) =>
      db.exec(
        "INSERT INTO workstreams (ws_id, state, run_id, created_at, updated_at) SELECT 'r/z', state, run_id, created_at, updated_at FROM workstreams LIMIT 1",
      ),
    );
    expect(verify(forged).faults).toMatchObject([
      { kind: "state", table: "workstreams", detail: "it has 3 rows for 2 actors" },
    ]);
  });

  test("finds changed states that every hash was computed anew for", async () => {
    const { rehash } = await import("./rehash.fixture.ts");
    const state = tampered(folder, (db) => {
      db.exec("UPDATE state_transitions SET to_state = 'failed' WHERE entity_id = 'r/a.1' AND to_state = 'queued'");
      rehash(db);
    });
    rmSync(join(state, "transitions.jsonl"));
    for (const name of readdirSync(state).filter((one) => one.endsWith(".jsonl"))) {
      rmSync(join(state, name));
    }
    expect(kindsOf(state)).toEqual(["catalogue", "gap"]);
  });

  test("takes a file that a crash left behind the table for what it is, and a changed line for a fault", () => {
    const behind = tampered(folder, () => undefined);
    const file = join(behind, "transitions.jsonl");
    truncateSync(file, 0);
    const found = verify(behind);
    expect([found.ok, found.linesMissing, found.lines]).toEqual([
      true,
      found.audits - found.lines,
      found.audits - found.linesMissing,
    ]);

    const changed = tampered(folder, () => undefined);
    const [first = ""] = readdirSync(changed)
      .filter((name) => /\d\.jsonl$/.test(name))
      .sort();
    const text = readFileSync(join(changed, first), "utf8");
    writeFileSync(join(changed, first), text.replace('"info"', '"warning"'));
    expect(verify(changed).faults).toMatchObject([{ kind: "jsonl", table: first, row: 1 }]);

    const added = tampered(folder, () => undefined);
    appendFileSync(join(added, "transitions.jsonl"), "{}\n");
    expect(verify(added).faults).toMatchObject([{ kind: "jsonl", detail: "the table has no transition for it" }]);
  });

  test.each([
    [
      "actors",
      "id = 'r/a/a.2'",
      `snapshot = replace(snapshot, '"retry_count":1', '"retry_count":0')`,
      "snapshot",
      "r/a/a.2",
    ],
    ["actors", "id = 'r/a/a.2'", "snapshot = replace(snapshot, ':', ': ')", "snapshot", "r/a/a.2"],
    ["actors", "id = 'r/a/a.2'", "status = 'active'", "actor", "r/a/a.2"],
    ["actors", "id = 'r/a/a.2'", "machine = 'worker'", "actor", "r/a/a.2"],
    ["effects", "actor_no = (SELECT min(actor_no) FROM effects)", "status = 'requested'", "pending", undefined],
    ["patches", "patch_id = 'r/a.1~p1'", "content = x'00'", "content", "r/a.1~p1"],
    ["tasks", "task_id = 'r/a.2'", "started_at = '1970-01-01T00:00:00.001Z'", "column", "r/a.2"],
    ["tasks", "task_id = 'r/a.2'", "depends_on = '[]'", "column", "r/a.2"],
    ["test_gates", "gate_id = 'r/b.1~p1~unit'", "command = 'true'", "column", "r/b.1~p1~unit"],
  ])("names the first row that is wrong: %s where %s with %s", (table, where, set, kind, id) => {
    const state = tampered(folder, (db) => {
      expect(db.prepare(`UPDATE ${table} SET ${set} WHERE ${where}`).run().changes).toBe(1);
    });
    expect(verify(state).faults[0]).toMatchObject({ kind, table, ...(id !== undefined && { row: id }) });
  });

  test("takes an ended actor whose row was written again after a restart for what it is", () => {
    const state = tampered(folder, (db) => {
      const sql = "UPDATE actors SET snapshot = json_remove(snapshot, '$.nodes') WHERE id = 'r/a/a.1'";
      expect(db.prepare(sql).run().changes).toBe(1);
    });
    expect(verify(state).faults).toEqual([]);
  });

  test("finds a timer that is not there, fires later, or is for nobody, and an effect that nobody asked for", async () => {
    const unfinished = await unfinishedRun();
    expect(verify(unfinished).faults).toEqual([]);
    for (const [change, detail] of [
      ["DELETE FROM timers WHERE id LIKE '%backoff%'", "there is no xstate.after.backoff.task.retrying"],
      ["UPDATE timers SET due_at = due_at + 1000 WHERE id LIKE '%timeout%'", expect.stringContaining("at 1801000")],
      ["UPDATE timers SET actor_no = 999 WHERE id LIKE '%timeout%'", "its actor_no is no actor"],
      ["UPDATE timers SET id = 'x' WHERE id LIKE '%timeout%'", "its state has no x"],
      ["DELETE FROM effects WHERE status = 'requested'", "there is none"],
      ["UPDATE effects SET effect_key = 'x' WHERE status = 'requested'", expect.stringContaining("effect_key is x")],
    ] as const) {
      const state = tampered(unfinished, (db) => db.exec(change));
      expect(verify(state).faults[0]).toMatchObject({ kind: "pending", detail });
    }
  });

  test.each(["a run that ended", "a run in the middle of its work"])(
    "finds one changed byte anywhere in %s, but for what the README names",
    async (which) => {
      const state = which === "a run that ended" ? folder : await unfinishedRun();
      const places = placesOf(state);
      const seen = new Set<string>();
      fc.assert(
        fc.property(fc.nat(), fc.nat(), (place, at) => {
          const { table, column, key, value } = places[place % places.length] as Place;
          const changed = tampered(state, (db) => {
            const where = Object.keys(key).map((name) => `"${name}" = ?`);
            const sql = `UPDATE "${table}" SET "${column}" = ? WHERE ${where.join(" AND ")}`;
            db.prepare(sql).run(otherThan(value, at), ...Object.values(key));
          });
          seen.add(`${table}.${column}`);
          const { faults } = verify(changed);
          rmSync(changed, { recursive: true });
          expect([table, column, key, faults.length > 0]).toEqual([table, column, key, true]);
        }),
        { numRuns: 150 },
      );
      expect(seen.size).toBeGreaterThan(50);
    },
  );
});

interface Place {
  readonly table: string;
  readonly column: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

/** What no other part of the store tells anything of (README, "How it survives"). */
const untold = new Set([
  "version",
  "schema_versions",
  "claim",
  "entity_types",
  "actors.fingerprint",
  "effects.attempt",
  "timers.seq",
  "timers.due_at",
]);

/** Every value of a store, so that each column comes as often as any other. */
function placesOf(state: string): Place[] {
  const db = new Database(database(state), { readonly: true });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  const places = tables.flatMap((table) => {
    const keys = (db.pragma(`table_info("${table}")`) as { name: string; pk: number }[]).filter(({ pk }) => pk > 0);
    const rows = db.prepare(`SELECT * FROM "${table}"`).all() as Record<string, unknown>[];
    return rows.flatMap((row) =>
      Object.entries(row).map(([column, value]) => ({
        table,
        column,
        key: Object.fromEntries(keys.map(({ name }) => [name, row[name]])),
        value,
      })),
    );
  });
  db.close();
  const told = places.filter(
    ({ table, column }) =>
      !untold.has(table) && !untold.has(`${table}.${column}`) && (table === "actors" || !untold.has(column)),
  );
  const columns = new Map<string, Place[]>();
  for (const place of told) {
    const name = `${place.table}.${place.column}`;
    columns.set(name, [...(columns.get(name) ?? []), place]);
  }
  const rounds = [0, 1, 2, 3, 4];
  return rounds.flatMap((round) => [...columns.values()].map((all) => all[round % all.length] as Place));
}

function otherThan(value: unknown, at: number): unknown {
  if (typeof value === "number") {
    return value + 1_000;
  }
  if (typeof value !== "string" || value === "") {
    return "x";
  }
  const index = at % value.length;
  return value.slice(0, index) + (value[index] === "x" ? "y" : "x") + value.slice(index + 1);
}
