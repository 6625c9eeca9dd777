// Raises the patch number of the version.
import { readFileSync, writeFileSync } from "node:fs";

const text = readFileSync("package.json", "utf8");
const next = text.replace(
  /"version": "(\d+)\.(\d+)\.(\d+)"/,
  (_, a, b, c) => `"version": "${a}.${b}.${Number(c) + 1}"`,
);
writeFileSync("package.json", next);
