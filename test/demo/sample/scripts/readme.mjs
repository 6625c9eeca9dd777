// Writes the list of exports into the documentation.
import { readFileSync, writeFileSync } from "node:fs";

const names = [...readFileSync("src/client.js", "utf8").matchAll(/export (?:async )?(?:function|const) (\w+)/g)];
writeFileSync("docs/api.md", `# API\n\n${names.map(([, name]) => `- ${name}`).join("\n")}\n`);
