import { setFlagsFromString } from "node:v8";

/**
 * Has V8 optimize a function once it has run eight times as long as usual. A process that does a little of everything
 * and ends after seconds otherwise gives a fifth of its processor time to optimizing, beside the commands that it runs;
 * what is hot in one that goes on is optimized all the same.
 */
export function optimizeLater(): void {
  setFlagsFromString("--interrupt-budget=1000000");
}
