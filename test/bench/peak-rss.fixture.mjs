// Loaded before a program: says at its end how much memory it had at most, in MB.
import { writeSync } from "node:fs";

process.on("exit", () => writeSync(2, `peak-rss ${Math.round(process.resourceUsage().maxRSS / 1024)}\n`));
