import { expect, onTestFinished, test } from "vitest";
import { Patches } from "../../../src/pipeline/run/patches.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";

function patchesIn(rows: string) {
  const db = new Database(":memory:");
  onTestFinished(() => void db.close());
  db.exec("CREATE TABLE patches (patch_id TEXT, task_id TEXT, content BLOB)");
  db.exec("CREATE TABLE patch_ledger_entries (ledger_id TEXT, state TEXT)");
  db.exec(rows);
  return new Patches(db);
}

test("a patch is there from the moment it is made, and comes from the store once it is at its end", () => {
  const patches = patchesIn("INSERT INTO patches VALUES ('r/w.a~p1', 'r/w.a', x'6f6c64')");
  const { sha256, format } = patches.hold("r/w.a~p2", Buffer.from("new"));
  expect([sha256.slice(0, 8), format]).toEqual(["11507a0e", "git_diff"]);
  expect([patches.content("r/w.a~p1"), patches.content("r/w.a~p2")].map(String)).toEqual(["old", "new"]);
  patches.release("r/w.a~p2");
  expect(patches.held("r/w.a~p2")).toBeUndefined();
  expect(() => patches.content("r/w.a~p2")).toThrow("r/w.a~p2 is not in the store");
  expect([patches.countOf("r/w.a"), patches.countOf("r/w.b")]).toEqual([1, 0]);
});

test("a mail is told from a diff", () => {
  const mail = Buffer.from("From: A <a@x>\nSubject: s\n\ntext\n");
  expect(patchesIn("").hold("p", mail).format).toBe("format_patch");
});

test("a patch that was dropped or quarantined has ended without a commit, and no other", () => {
  const states = ["created", "applied", "verified", "committed", "quarantined", "dropped"];
  const rows = states.map((state) => `INSERT INTO patch_ledger_entries VALUES ('${state}', '${state}')`);
  const patches = patchesIn(rows.join(";"));
  expect([...states, "unknown"].filter((id) => patches.hasEndedUncommitted(id))).toEqual(["quarantined", "dropped"]);
});
