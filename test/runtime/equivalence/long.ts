/** `npm run test:equivalence`: 10,000 machines; a number and a seed may be given. A failure prints seed and path. */
import fc from "fast-check";
import { sameAsXState } from "./property.ts";

const [runs = "10000", given] = process.argv.slice(2);
const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given);
const started = performance.now();
console.log(`${runs} machines of seed ${seed}`);
await fc.assert(sameAsXState, { numRuns: Number(runs), seed });
console.log(`the same in all; ${Math.round((performance.now() - started) / 1_000)} s`);
