import { execFileSync } from "node:child_process";

/** Tests that start `pawl` as a process start the compiled one, so it is compiled once before all tests. */
export default function build(): void {
  if (process.env["PAWL_SKIP_BUILD"] !== undefined) {
    return;
  }
  execFileSync("npm", ["run", "--silent", "build"], { cwd: new URL("..", import.meta.url), stdio: "inherit" });
}
