import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { domainComponent } from "../../src/store/domain/index.ts";
import { Database } from "../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import {
  blamedFor,
  commitsOf,
  type EntityDetail,
  eventsAfter,
  failedGatesOf,
  failedGatesOfWorkstream,
  patchesOf,
  runTree,
} from "../../src/views/runs/index.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-plans-"));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const entity = (entity_type: EntityDetail["entity_type"], id: string): EntityDetail => ({ entity_type, id, row: {} });

test("what is shown of one run is not looked for among the entities of all that ever were (I10)", () => {
  const file = join(folder, "pipeline.db");
  openSqlite({ file, components: [domainComponent] }).close();
  const db = new Database(file);
  const prepare = vi.spyOn(db, "prepare");
  runTree(db, { run_id: "r", state: "running", created_at: "t", started_at: "t", completed_at: null });
  commitsOf(db, "r/w");
  failedGatesOf(db, "r/w.a");
  failedGatesOfWorkstream(db, "r/w");
  patchesOf(db, "r/w.a");
  blamedFor(db, entity("task", "r/w.a"));
  blamedFor(db, entity("workstream", "r/w"));
  blamedFor(db, entity("test_gate", "r/w~g"));
  Array.from(eventsAfter(db, { run: "r", limit: 1 }));
  const asked = prepare.mock.calls.map(([sql]) => sql);
  vi.restoreAllMocks();
  const faults = asked.flatMap((sql) => {
    const values = /@/.test(sql) ? [{ run: "r", after: 0, limit: 1 }] : Array.from(sql.matchAll(/\?/g), () => null);
    // `needed` is what a query itself has found so far.
    return db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...values)
      .map(({ detail }) => detail)
      .filter((detail) => /^SCAN (?!json_each|needed$)|\(state=\?\)|state_updated_at/.test(detail));
  });
  expect(asked.length).toBeGreaterThan(8);
  expect(faults).toEqual([]);
  db.close();
});
