import { execFileSync, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openConnection } from "../../../src/store/sqlite/connection.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";

const fixture = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

// SQLite's numbers of `PRAGMA synchronous`; the build that is used here has 1 where nobody says anything.
test.each([
  ["normal", 1],
  ["full", 2],
] as const)("a connection of durability %s has synchronous=%i", (durability, synchronous) => {
  const db = openConnection(join(testFolder(), "store.db"), durability);
  expect(db.pragma("synchronous", { simple: true })).toBe(synchronous);
  db.close();
});

const hasCompiler = spawnSync("cc", ["--version"]).status === 0;

describe.runIf(process.platform === "linux" && hasCompiler).each([
  ["in the thread of its caller", Number.POSITIVE_INFINITY],
  ["in a thread of its own", 0],
])("ten commits, written %s,", (_, threadAfterEvents) => {
  test.each([
    ["full", 10],
    ["normal", 0],
    ["", 10],
  ])("of durability '%s' sync the log %i times", (durability, syncs) => {
    const folder = realpathSync(testFolder());
    const library = join(folder, "counted-syncs.so");
    execFileSync("cc", ["-shared", "-fPIC", "-o", library, fixture("counted-syncs.fixture.c")]);
    const program = fixture("counted-commits.fixture.mjs");
    const printed = execFileSync(
      process.execPath,
      [program, join(folder, "store.db"), durability, `${threadAfterEvents}`],
      {
        env: { ...process.env, LD_PRELOAD: library, COUNTED_SYNCS: join(folder, "syncs") },
        encoding: "utf8",
      },
    );
    expect(Number(printed)).toBe(syncs);
  });
});
