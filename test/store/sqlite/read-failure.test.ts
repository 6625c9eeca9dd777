import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";

test("what cannot be read is an error, and never nothing", () => {
  const file = join(testFolder(), "store.db");
  const store = openSqlite({ file });
  onTestFinished(() => store.close());
  expect(store.loadTimers()).toEqual([]);
  const other = new Database(file);
  other.exec("DROP TABLE timers");
  other.close();
  expect(() => store.loadTimers()).toThrow("no such table");
});
