// Stands in for a coding agent: reads the prompt it is given, and edits the worktree that it runs in.
import { readFileSync, writeFileSync } from "node:fs";

const prompt = readFileSync(process.argv[2], "utf8");
console.log(`scribe was asked: ${prompt.trim()}`);
const file = "src/client.js";
const text = readFileSync(file, "utf8");
writeFileSync(file, text.replace('"Hello, " + name + "!"', `\`Hello, \${name}!\``));
