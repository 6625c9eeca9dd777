import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

/** Tests that start `pawl` as a process start the compiled one, so it is compiled once before all tests. */
export default function build(): void {
  if (process.env["PAWL_SKIP_BUILD"] !== undefined) {
    return;
  }
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", ".config/tsconfig.build.json"], {
    cwd: new URL("..", import.meta.url),
    stdio: "inherit",
  });
}
