/**
 * `npm run test:model [situations] [seed]`: explores the model further than the suite does, first without and then with a
 * person who ends tasks, patches and workstreams.
 */
import { numbersGiven } from "../numbers-given.ts";
import { explore } from "./explore.ts";

console.warn = () => undefined;
const [mostSituations, seed] = numbersGiven([100_000, Date.now() % 1_000_000]);
for (const byHand of [false, true]) {
  const start = performance.now();
  const { situations, steps, ends, refusals, exhausted, fault } = explore({ byHand, mostSituations, seed });
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `seed ${seed}${byHand ? ", with a person" : ""}: ${situations} situations, ${steps} steps, ${ends} ends, ${refusals} with a refused call, ${exhausted ? "all there are" : "to the bound"}, ${Math.round(situations / seconds)} situations a second`,
  );
  if (fault !== undefined) {
    console.log(fault);
    process.exitCode = 1;
  }
}
