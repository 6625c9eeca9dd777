import { spawnSync } from "node:child_process";

/** All that the gate asks for, in the order of how soon it says no. */
const steps: readonly (readonly [string, readonly string[]])[] = [
  ["types", ["run", "--silent", "check:types"]],
  ["lint and format", ["run", "--silent", "check:lint"]],
  ["dead code", ["run", "--silent", "check:dead"]],
  ["room arrows", ["run", "--silent", "check:rooms"]],
  ["stale diagrams", ["run", "--silent", "visualize", "--", "--check"]],
  ["tests", ["test", "--", "--coverage"]],
];

for (const [name, args] of steps) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync("npm", args, { stdio: "inherit" });
  if (status !== 0) {
    console.error(`\n${name}: failed. The checks after it were not run.`);
    process.exit(status ?? 1);
  }
}
console.log("\nAll checks passed.");
