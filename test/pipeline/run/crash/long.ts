/**
 * `npm run test:crash`: kills a run at every named point, and a number of runs at random moments (100 unless another
 * number is given), and compares what is left with an undisturbed run.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { numbersGiven } from "../../../numbers-given.ts";
import { copyRepository, makeCrashRepository } from "./crash-plan.ts";
import { type CrashPoint, gitCalls, killedAfter, once, remainsOf, toTheEnd } from "./crash-run.ts";

const [moments] = numbersGiven([100]);
const folder = mkdtempSync(join(tmpdir(), "pawl-crash-"));
const origin = join(folder, "origin");
makeCrashRepository(origin);
const calm = join(folder, "calm");
copyRepository(origin, calm);
const startedAt = performance.now();
const counts = once(calm, { point: "git.none", nth: 0 })?.counts ?? {};
const wholeMs = performance.now() - startedAt;
const undisturbed = remainsOf(calm);

const points: CrashPoint[] = [
  ...Object.entries(counts).flatMap(([point, count]) =>
    Array.from({ length: count }, (_, index) => ({ point, nth: index + 1 })),
  ),
  ...["git.before", "git.after"].flatMap((point) =>
    Array.from({ length: gitCalls(calm) }, (_, index) => ({ point, nth: index + 1 })),
  ),
];
let kills = 0;
const faults: string[] = [];

async function crashed(name: string, crash: (here: string) => Promise<number> | number): Promise<void> {
  const here = join(folder, name);
  copyRepository(origin, here);
  try {
    kills += await crash(here);
    const end = toTheEnd(here);
    if (end !== "succeeded" || !isDeepStrictEqual(remainsOf(here), undisturbed)) {
      faults.push(`${name}: ${end}, and what is left differs; see ${here}`);
      return;
    }
  } catch (error) {
    faults.push(`${name}: ${String(error)}; see ${here}`);
    return;
  }
  rmSync(here, { recursive: true, force: true });
}

for (const { point, nth } of points) {
  await crashed(`${point}-${nth}`, (here) => Number(once(here, { point, nth }) === null));
}
console.log(`${points.length} points, ${kills} kills`);
for (let moment = 1; moment <= moments; moment += 1) {
  const ms = 100 + Math.random() * wholeMs;
  await crashed(`moment-${moment}-${Math.round(ms)}ms`, async (here) => Number(await killedAfter(here, ms)));
}
console.log(
  `${moments} random moments; ${kills} kills in all, ${faults.length} differences, ${Math.round((performance.now() - startedAt) / 1000)} s`,
);
for (const fault of faults) {
  console.log(fault);
}
if (faults.length === 0) {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = faults.length === 0 ? 0 : 1;
