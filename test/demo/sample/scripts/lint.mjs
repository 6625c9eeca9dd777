// A very small linter: no tabs, and every file ends with a newline.
import { readdirSync, readFileSync } from "node:fs";

let faults = 0;
for (const folder of ["src", "test", "scripts"]) {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(`${folder}/${name}`, "utf8");
    if (text.includes("\t") || !text.endsWith("\n")) {
      console.error(`${folder}/${name}: tabs, or no newline at its end`);
      faults += 1;
    }
  }
}
process.exitCode = faults === 0 ? 0 : 1;
