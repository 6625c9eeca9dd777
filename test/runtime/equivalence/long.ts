/** `npm run test:equivalence`: 10,000 machines; a number and a seed may be given. A failure prints seed and path. */
import fc from "fast-check";
import { numbersGiven } from "../../numbers-given.ts";
import { sameAsXState } from "./property.ts";

const [numRuns, seed] = numbersGiven([10_000, Date.now() % 2 ** 31]);
const started = performance.now();
console.log(`${numRuns} machines of seed ${seed}`);
await fc.assert(sameAsXState, { numRuns, seed });
console.log(`the same in all; ${Math.round((performance.now() - started) / 1_000)} s`);
