import { describe, expect, test } from "vitest";
import { checkTransition, type EntityType } from "../../../machines/index.ts";
import {
  attempt,
  columnsIn,
  entities,
  insert,
  machineOf,
  move,
  newRow,
  rawStore,
  rowIn,
  tables,
  update,
} from "./raw.fixture.ts";

const statesOf = (entity: EntityType): string[] => machineOf(entity).states.map(({ name }) => name);

/** Every change of state between two different states, with what a raw SQL connection hears. */
function everyMove(entity: EntityType) {
  const db = rawStore();
  const moves = statesOf(entity).flatMap((from) => {
    rowIn(db, entity, from, from);
    return statesOf(entity).flatMap((to) =>
      from === to ? [] : [{ from, to, heard: attempt(db, () => move(db, entity, from, to)) }],
    );
  });
  db.close();
  return moves;
}

describe("a raw SQL connection", () => {
  test.each(entities)("can take every declared transition of %s and no other", (entity) => {
    const wrong = everyMove(entity).filter(
      ({ from, to, heard }) => (heard === undefined) !== checkTransition(entity, from, to).ok,
    );
    expect(wrong).toEqual([]);
  });

  test("hears for each of some 250 undeclared transitions that it is not declared, or that the state is terminal", () => {
    const refused = entities.flatMap((entity) => everyMove(entity)).filter(({ heard }) => heard !== undefined);
    expect(refused.length).toBeGreaterThan(240);
    expect(refused.filter(({ heard }) => !/^no such transition of|terminal state/.test(heard ?? ""))).toEqual([]);
  });

  test.each(entities)("cannot write a state that %s does not have", (entity) => {
    const db = rawStore();
    insert(db, tables[entity].table, newRow(entity, "x"));
    for (const state of ["", "nowhere", machineOf(entity).initial.toUpperCase().concat(" "), null]) {
      expect([state, attempt(db, () => update(db, entity, "x", { state }))]).toEqual([state, expect.any(String)]);
      expect([state, attempt(db, () => insert(db, tables[entity].table, { ...newRow(entity, "y"), state }))]).toEqual([
        state,
        expect.any(String),
      ]);
    }
    db.close();
  });

  test.each(entities)("cannot make a row of %s in any state but the first, nor with a version of its own", (entity) => {
    const db = rawStore();
    const { initial } = machineOf(entity);
    for (const state of statesOf(entity)) {
      const heard = attempt(db, () =>
        insert(db, tables[entity].table, { ...newRow(entity, "x"), state, ...columnsIn(entity, state) }),
      );
      expect([state, heard === undefined || !heard.includes("a new row")]).toEqual([state, state === initial]);
    }
    expect(attempt(db, () => insert(db, tables[entity].table, { ...newRow(entity, "x"), version: 7 }))).toContain(
      "version",
    );
    db.close();
  });

  test.each(entities)("cannot change, delete or replace a row of %s in a terminal state", (entity) => {
    const db = rawStore();
    const { table, key } = tables[entity];
    for (const state of machineOf(entity).terminal) {
      rowIn(db, entity, state, state);
      const tries = {
        touch: () => update(db, entity, state, { metadata: '{"a":1}' }),
        delete: () => db.prepare(`DELETE FROM ${table} WHERE ${key} = ?`).run(state),
        replace: () => insert(db, table, newRow(entity, state), "REPLACE"),
        "update or replace": () => {
          insert(db, table, newRow(entity, "other"));
          db.prepare(`UPDATE OR REPLACE ${table} SET ${key} = ?, version = version + 1 WHERE ${key} = 'other'`).run(
            state,
          );
        },
        "replace by rowid": () => {
          const rowid = db.prepare(`SELECT rowid FROM ${table} WHERE ${key} = ?`).pluck().get(state) as number;
          insert(db, table, { rowid, ...newRow(entity, "other") }, "REPLACE");
        },
        "update or replace by rowid": () => {
          insert(db, table, newRow(entity, "other"));
          db.prepare(
            `UPDATE OR REPLACE ${table} SET rowid = (SELECT rowid FROM ${table} WHERE ${key} = ?), version = version + 1
             WHERE ${key} = 'other'`,
          ).run(state);
        },
      };
      for (const [name, run] of Object.entries(tries)) {
        expect([state, name, attempt(db, run)]).toEqual([state, name, expect.any(String)]);
      }
    }
    db.close();
  });

  test.each(entities)("cannot skip or repeat a version of %s, nor change its key or its making", (entity) => {
    const db = rawStore();
    const { table, key } = tables[entity];
    insert(db, table, newRow(entity, "x"));
    const set = (columns: string): string | undefined => attempt(db, () => db.exec(`UPDATE ${table} SET ${columns}`));
    expect(set("metadata = '{}'")).toContain("version");
    expect(set("version = version + 2")).toContain("version");
    expect(set("version = version + 1")).toBeUndefined();
    expect(set(`${key} = 'y', version = version + 1`)).toContain("never changes");
    expect(set("created_at = '2020-01-01T00:00:00.000Z', version = version + 1")).toContain("never changes");
    expect(set("metadata = '{', version = version + 1")).toContain("json_valid");
    expect(set("updated_at = '2020-01-01T00:00:00.000Z', version = version + 1")).toContain("updated_at >= created_at");
    expect(set("updated_at = 'today', version = version + 1")).toContain("GLOB");
    expect(set("updated_at = '2026-01-01 00:00:00', version = version + 1")).toContain("GLOB");
    db.close();
  });

  test("can roll a committed patch back, and do nothing else to it", () => {
    const db = rawStore();
    rowIn(db, "patch_ledger", "p", "committed");
    expect(attempt(db, () => move(db, "patch_ledger", "p", "rolled_back"))).toBeUndefined();
    expect(attempt(db, () => update(db, "patch_ledger", "p", { metadata: "{}" }))).toContain("rollback only");
    expect(attempt(db, () => move(db, "patch_ledger", "p", "rolled_back", { rollback_reason: "" }))).toContain("CHECK");
    expect(attempt(db, () => move(db, "patch_ledger", "p", "rolled_back", { commit_sha: "other" }))).toContain(
      "never changes",
    );
    db.close();
  });
});
