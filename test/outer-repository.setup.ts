import { execFileSync } from "node:child_process";

/**
 * Inside a git hook or alias, as `npm test` or the demo may be, git's own variables lead to the repository that this is
 * about. What makes repositories of its own must not inherit them: all of it would go into that one.
 */
export default function leaveOuterRepository(): void {
  const names = execFileSync("git", ["rev-parse", "--local-env-vars"], { encoding: "utf8" });
  for (const name of names.split("\n")) {
    delete process.env[name];
  }
}
