import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSqliteReader } from "../../../src/store/sqlite/open.ts";
import { printedBy, says } from "../../printed.fixture.ts";
import { testFolder } from "../folder.fixture.ts";
import { checkStore } from "./check-store.ts";
import { seeded } from "./crash-load.ts";

const program = join(import.meta.dirname, "full-groups.fixture.mjs");

/** Kills it so many milliseconds after it acknowledged some. @returns the last number that it acknowledged */
async function countUntilKilled(file: string, ms: number): Promise<number> {
  const child = spawn(process.execPath, [program, file], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = printedBy(child);
  await says(child, /(\d+\n){3}/);
  setTimeout(() => child.kill("SIGKILL"), ms);
  const { stdout, stderr } = await ended;
  expect([child.signalCode, stderr]).toEqual(["SIGKILL", ""]);
  return Number(stdout.trimEnd().split("\n").at(-1));
}

test("commits on their way one behind the other leave no hole when they are killed", async () => {
  const file = join(testFolder(), "tally.db");
  const random = seeded(11);
  for (let kill = 0; kill < 5; kill += 1) {
    const acknowledged = await countUntilKilled(file, random() * 120);
    expect(checkStore(file).faults).toEqual([]);
    const db = openSqliteReader(file);
    const { state, snapshot } = db.prepare<[], { state: string; snapshot: string }>("SELECT * FROM actors").get() ?? {
      state: "",
      snapshot: "{}",
    };
    const sizes = db.prepare("SELECT last_seq - first_seq + 1 FROM commits").pluck().all() as number[];
    db.close();
    const { n } = (JSON.parse(snapshot) as { context: { n: number } }).context;
    expect([state, n >= acknowledged]).toEqual(["counting", true]);
    expect(Math.max(...sizes)).toBeGreaterThanOrEqual(2_500);
  }
}, 120_000);
