import { fileURLToPath } from "node:url";
import { catalogue } from "../../../machines/catalogue.ts";
import { pictureFiles } from "./files.ts";
import { staleFiles, writeFiles } from "./sync.ts";

// Run from the sources of the repository only: `npm run visualize [-- --check]`.
const folder = fileURLToPath(new URL("../../../visualizations/", import.meta.url));
const files = pictureFiles(Object.values(catalogue));

if (process.argv.includes("--check")) {
  const stale = await staleFiles(folder, files);
  for (const name of stale) {
    console.error(`visualizations/${name} is stale: npm run visualize`);
  }
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  const written = await writeFiles(folder, files);
  console.log(
    `${files.size} files, ${written.length} changed${written.map((name) => `\n  visualizations/${name}`).join("")}`,
  );
}
