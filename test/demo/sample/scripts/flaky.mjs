// Fails when it is run for the first time, as networks do; the folder outlives the worktree.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const mark = join(process.env.DEMO_FOLDER, "flaky-was-here");
if (!existsSync(mark)) {
  writeFileSync(mark, "");
  console.error("connection reset by peer");
  process.exit(1);
}
writeFileSync("docs/links.txt", "https://example.test/client\n");
console.log("links fetched");
