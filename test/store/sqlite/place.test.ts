import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";
import { committed } from "./deliveries.fixture.ts";

test("a file stays the one that was opened, wherever the process goes meanwhile", async () => {
  const [folder, elsewhere] = [testFolder(), join(testFolder(), "elsewhere")];
  mkdirSync(elsewhere);
  const cwd = process.cwd();
  onTestFinished(() => process.chdir(cwd));
  process.chdir(folder);
  const store = openSqlite({ file: "store.db", threadAfterEvents: 0 });
  process.chdir(elsewhere);
  expect(await committed(store, "from elsewhere")).toBeUndefined();
  store.close();
  expect([readdirSync(folder), readdirSync(elsewhere)]).toEqual([["store.db"], []]);
  const again = openSqlite({ file: join(folder, "store.db") });
  onTestFinished(() => again.close());
  expect(again.wasDelivered(1, "from elsewhere")).toBe(true);
});
