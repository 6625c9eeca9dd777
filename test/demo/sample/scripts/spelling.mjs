// A check: it changes nothing.
import { readFileSync } from "node:fs";

const text = readFileSync("docs/index.md", "utf8");
if (/\bteh\b/.test(text)) {
  console.error("docs/index.md: teh");
  process.exit(1);
}
