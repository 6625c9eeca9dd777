/** The crash test in its long form: as many kills as it is told, 500 unless told otherwise. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { numbersGiven } from "../../numbers-given.ts";
import { checkStore } from "./check-store.ts";
import { brokenPromises, crashLoad, dbOf, linesOf, remainsOf, startLoad } from "./crash-load.ts";

const [wanted] = numbersGiven([500]);
const killsInOneLoad = 50;
let done = 0;
let transitions = 0;
let broken = 0;
for (let seed = 1; done < wanted; seed += 1) {
  const folder = mkdtempSync(join(tmpdir(), "pawl-crash-"));
  const calm = mkdtempSync(join(tmpdir(), "pawl-crash-"));
  const load = { jobs: 50, rounds: 15, seed };
  await startLoad(calm, load);
  const kills = await crashLoad(folder, load, Math.min(killsInOneLoad, wanted - done));
  const { faults, linesMissing, audits } = checkStore(dbOf(folder), linesOf(folder));
  const found = [
    ...brokenPromises(folder),
    ...faults,
    ...(linesMissing === 0 ? [] : [`${linesMissing} lines missing`]),
  ];
  if (!isDeepStrictEqual(remainsOf(folder), remainsOf(calm))) {
    found.push("it did not end as the one that nobody disturbed");
  }
  done += kills;
  transitions += audits;
  broken += found.length;
  console.log(`seed ${seed}: ${kills} kills, ${audits} transitions, ${found.length === 0 ? "whole" : found[0]}`);
  rmSync(calm, { recursive: true });
  if (found.length === 0) {
    rmSync(folder, { recursive: true });
  } else {
    console.log(`left to be looked at: ${folder}`);
  }
}
console.log(`${done} kills, ${transitions} transitions, ${broken} broken promises`);
process.exitCode = broken === 0 ? 0 : 1;
