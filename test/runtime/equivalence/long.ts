/** `npm run test:equivalence`: 10,000 machines; a number and a seed may be given. */
import fc from "fast-check";
import { sameAsXState } from "./property.ts";

const [runs = "10000", seed] = process.argv.slice(2);
const started = performance.now();
await fc.assert(sameAsXState, { numRuns: Number(runs), ...(seed !== undefined && { seed: Number(seed) }) });
console.log(`${runs} machines, the same in all; ${Math.round((performance.now() - started) / 1_000)} s`);
