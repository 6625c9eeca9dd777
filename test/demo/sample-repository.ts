import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const sample = join(import.meta.dirname, "sample");

/** Makes the sample repository of the demo, with its plan and patches, and one commit on `main`. */
export function makeSampleRepository(folder: string): void {
  cpSync(sample, folder, { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=Sam", "-c", "user.email=sam@example.test", ...args], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
    });
  git("init", "--quiet", "--initial-branch=main");
  git("config", "user.name", "Sam");
  git("config", "user.email", "sam@example.test");
  git("add", "--all");
  mkdirSync(join(folder, "patches"));
  const patch = (name: string, file: string, from: string, to: string): void => {
    const path = join(folder, file);
    const before = readFileSync(path, "utf8");
    writeFileSync(path, before.replace(from, to));
    writeFileSync(join(folder, "patches", name), git("diff", "--", file));
    writeFileSync(path, before);
  };
  patch("0001-fix-timeout.patch", "src/client.js", "timeoutMs = 100", "timeoutMs = 30_000");
  // Breaks a test on purpose: its gate refuses it, and the patch is quarantined.
  patch("0002-shout.patch", "src/client.js", '+ "!"', '+ "!!!"');
  git("add", "--all");
  git("commit", "--quiet", "--message", "Begin");
}
