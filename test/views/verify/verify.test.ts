import { appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type FaultKind, verifyState } from "../../../src/views/verify/index.ts";
import { database, storedRun, tampered } from "./stored-run.fixture.ts";

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

  test("finds a journal row that was taken out or added", () => {
    const out = tampered(folder, (db) => db.exec("DELETE FROM journal WHERE seq = 20"));
    expect(kindsOf(out)).toEqual(["commit"]);
    const added = tampered(folder, (db) => db.exec("INSERT INTO journal VALUES (1, 99999, 0, '{}', '{}')"));
    expect(verify(added).faults).toEqual([
      { kind: "commit", table: "journal", row: 99_999, detail: "no commit covers it" },
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

  test("finds one changed character anywhere in history", () => {
    const covered = {
      state_transitions: [
        "event_id",
        "event_type",
        "entity_type",
        "entity_id",
        "from_state",
        "to_state",
        "trigger",
        "reason",
        "severity",
        "operator",
        "metadata",
        "context",
        "transitioned_at",
        "prev_hash",
        "hash",
      ],
      journal: ["event", "delta"],
      commits: ["audit_head", "hash"],
    };
    const places = Object.entries(covered).flatMap(([table, columns]) => columns.map((column) => ({ table, column })));
    let changed = 0;
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.nat(), fc.nat(), ({ table, column }, row, at) => {
        let isChanged = false;
        const state = tampered(folder, (db) => {
          const rows = db
            .prepare(
              `SELECT rowid AS no, * FROM ${table === "journal" ? "(SELECT seq AS rowid, * FROM journal)" : table} WHERE coalesce(${column}, '') <> ''`,
            )
            .all() as Record<string, string>[];
          const chosen = rows[row % Math.max(1, rows.length)];
          const text = chosen?.[column];
          if (chosen === undefined || text === undefined) {
            return;
          }
          const index = at % text.length;
          const other = text[index] === "x" ? "y" : "x";
          const key = table === "journal" ? "seq" : "rowid";
          db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`).run(
            text.slice(0, index) + other + text.slice(index + 1),
            chosen["no"],
          );
          isChanged = true;
        });
        changed += Number(isChanged);
        const found = verify(state).faults.length > 0;
        rmSync(state, { recursive: true });
        return found === isChanged;
      }),
      { numRuns: 150 },
    );
    expect(changed).toBeGreaterThan(100);
  });
});
