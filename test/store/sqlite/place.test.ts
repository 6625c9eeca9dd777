import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { type SimulatedClock, simulatedClock } from "../../../src/testing/simulated-clock.ts";
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

const away: readonly (readonly [string, (file: string, clock: SimulatedClock) => string])[] = [
  [
    "moved",
    (file) => {
      renameSync(file, `${file}.moved`);
      return `${file}.moved`;
    },
  ],
  [
    "replaced",
    (file, clock) => {
      renameSync(file, `${file}.old`);
      copyFileSync(`${file}.old`, file);
      // Until then it is enough that there is one.
      clock.advance(1_000);
      return `${file}.old`;
    },
  ],
  [
    "given another log",
    (file, clock) => {
      rmSync(`${file}-wal`);
      writeFileSync(`${file}-wal`, "");
      clock.advance(1_000);
      return file;
    },
  ],
  [
    "robbed of its log",
    (file) => {
      rmSync(`${file}-wal`);
      return file;
    },
  ],
];

describe.each(away)("a file that was %s while it was open", (_, move) => {
  test.each([0, Number.POSITIVE_INFINITY])(
    "takes nothing more, and keeps all that it took",
    async (threadAfterEvents) => {
      const file = join(testFolder(), "store.db");
      const clock = simulatedClock();
      const store = openSqlite({ file, threadAfterEvents, clock });
      expect(await committed(store, "before")).toBeUndefined();
      const now = move(file, clock);
      expect(await committed(store, "after")).toMatchObject({ code: "STORE_MOVED" });
      store.close();
      const again = openSqlite({ file: now });
      onTestFinished(() => again.close());
      expect(["before", "after"].map((key) => again.wasDelivered(1, key))).toEqual([true, false]);
    },
  );
});
