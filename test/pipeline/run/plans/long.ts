/**
 * `npm run test:plans`: random plans, disturbed at random moments, against what the README says of runs. 100 plans,
 * unless another number is given, and a first seed after it. A fault names its seed and the folder that is left.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numbersGiven } from "../../../numbers-given.ts";
import { faultsOf } from "./scenario.ts";

const [count, first] = numbersGiven([100, Date.now() % 2 ** 31]);
const root = mkdtempSync(join(tmpdir(), "pawl-plans-"));
const startedAt = performance.now();
let bad = 0;
console.log(`${count} plans from seed ${first} on, in ${root}`);
for (let seed = first; seed < first + count; seed += 1) {
  const faults = await faultsOf(seed, join(root, String(seed)), seed % 20 === 0).catch((error: Error) => [
    String(error.stack),
  ]);
  bad += Number(faults.length > 0);
  for (const fault of faults) {
    console.log(`seed ${seed}: ${fault}`);
  }
}
console.log(`${bad} of them with faults; ${Math.round((performance.now() - startedAt) / 1_000)} s`);
process.exitCode = bad === 0 ? 0 : 1;
