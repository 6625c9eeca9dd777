import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A small plan with all that a crash can meet: patches, commands, a retry with a wait, gates that depend on each other,
 * a workstream that waits for another, a patch that breaks its gate where that is allowed. Each command notes in
 * `done.txt` of the folder around the repository that it ran.
 */
export const crashPlan = `
pawl: 1
name: crash
base: main
concurrency: 2
gates:
  shape: { type: LINT, run: 'test -f a.txt' }
  sound: { type: UNIT, run: '! grep -q broken a.txt', depends_on: [shape] }
workstreams:
  - id: one
    verify: [sound]
    final: [sound]
    tasks:
      - { id: fix, patch: fix.patch }
      - { id: add, run: 'echo add >> "$NOTES"; echo added > added.txt', depends_on: [fix] }
      - { id: look, run: 'echo look >> "$NOTES"', changes: none }
  - id: two
    depends_on: [one]
    tasks:
      - { id: flaky, run: 'echo flaky >> "$NOTES"; test "$PAWL_ATTEMPT" -ge 2 && echo 2 > two.txt', retries: { max: 9, backoff: 50ms } }
  - id: three
    allow_failure: true
    verify: [sound]
    tasks:
      - { id: break, patch: break.patch }
`;

/** Makes the repository once; each crash takes a copy. */
export function makeCrashRepository(folder: string): void {
  const repository = join(folder, "repository");
  mkdirSync(repository, { recursive: true });
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: repository, encoding: "utf8" });
  git("init", "--quiet", "--initial-branch=main");
  git("config", "user.name", "Tess");
  git("config", "user.email", "tess@example.test");
  writeFileSync(join(repository, "a.txt"), "one\ntwo\n");
  for (const [name, text] of [
    ["fix", "one\ntwo and a half\n"],
    ["break", "one\nbroken\n"],
  ] as const) {
    const before = readFileSync(join(repository, "a.txt"));
    git("add", "a.txt");
    writeFileSync(join(repository, "a.txt"), text);
    writeFileSync(join(repository, `${name}.patch`), git("diff"));
    writeFileSync(join(repository, "a.txt"), before);
  }
  writeFileSync(join(repository, "plan.yaml"), crashPlan);
  git("add", "--all");
  git("commit", "--quiet", "--message", "Begin");
}

/** A copy of the repository in a folder of its own. */
export function copyRepository(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}
