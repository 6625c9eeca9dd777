import { setFlagsFromString } from "node:v8";

/**
 * How V8 is told, by the version of it in Node 20, 22 and 24. A flag that a V8 does not know makes it complain on
 * stderr, and it has no way to ask which it knows: another version is left as it is.
 */
const flags: ReadonlyMap<string, string> = new Map([
  ["11.3", "--interrupt-budget=1000000"],
  ["12.4", "--invocation-count-for-turbofan=24000"],
  ["13.6", "--invocation-count-for-turbofan=24000"],
]);

/**
 * Has V8 optimize a function once it has run eight times as long as usual. A process that does a little of everything
 * and ends after seconds otherwise gives a fifth of its processor time to optimizing, beside the commands that it runs;
 * what is hot in one that goes on is optimized all the same.
 */
export function optimizeLater(): void {
  const [major, minor] = process.versions.v8.split(".");
  const flag = flags.get(`${major}.${minor}`);
  if (flag !== undefined) {
    setFlagsFromString(flag);
  }
}
