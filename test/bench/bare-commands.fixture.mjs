// The bare loop: so many commands, so many at a time, their output read.
import { spawn } from "node:child_process";

const [count, concurrency] = process.argv.slice(2).map(Number);
let left = count;
const one = () =>
  new Promise((resolve) => {
    const child = spawn("true", { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.resume();
    child.stderr.resume();
    child.on("close", resolve);
  });
const lane = async () => {
  while (left > 0) {
    left -= 1;
    await one();
  }
};
await Promise.all(Array.from({ length: concurrency }, lane));
