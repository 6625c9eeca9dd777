import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Place, placeWith } from "./pawl.fixture.ts";

const names = [
  "applypatch-msg",
  "commit-msg",
  "fsmonitor-watchman",
  "post-applypatch",
  "post-checkout",
  "post-commit",
  "post-index-change",
  "post-merge",
  "post-rewrite",
  "pre-applypatch",
  "pre-auto-gc",
  "pre-commit",
  "pre-merge-commit",
  "pre-rebase",
  "prepare-commit-msg",
  "reference-transaction",
];

/** Goes through all that Pawl does with git: worktrees, setup, patches, commits, gates, a merge of two sides. */
const plan = `pawl: 1
name: p
base: main
setup: 'true'
gates:
  fine: { type: UNIT, run: 'true' }
workstreams:
  - id: one
    verify: [fine]
    final: [fine]
    tasks:
      - { id: t, run: 'echo 1 > one.txt' }
      - { id: patched, patch: change.patch }
  - id: two
    tasks:
      - { id: t, run: 'echo 2 > two.txt' }
  - id: lost
    allow_failure: true
    tasks:
      - { id: t, run: 'echo 3 > a.txt', scope: ["b/**"] }
`;

function placeWithPlan(): Place {
  const place = placeWith(plan);
  place.write("a.txt", "two\n");
  place.write("change.patch", `${place.git("diff")}\n`);
  place.git("checkout", "--quiet", "--", "a.txt");
  return place;
}

/** Hooks of every kind, that each note that they ran. */
function hooksIn(place: Place, folder: string): void {
  rmSync(join(place.folder, folder), { recursive: true, force: true });
  mkdirSync(join(place.folder, folder), { recursive: true });
  for (const name of names) {
    place.write(`${folder}/${name}`, `#!/bin/sh\necho ${name} >> '${place.folder}/.git/ran'\n`);
    chmodSync(join(place.folder, folder, name), 0o755);
  }
}

const ran = (place: Place): string[] =>
  existsSync(join(place.folder, ".git/ran"))
    ? [...new Set(readFileSync(join(place.folder, ".git/ran"), "utf8").trim().split("\n"))].sort()
    : [];

describe("no hook of the user runs", () => {
  test.each([
    ["in .git/hooks", ".git/hooks", undefined],
    ["in the folder that core.hooksPath names", "my-hooks", "my-hooks"],
  ])("%s", (_, folder, hooksPath) => {
    const place = placeWithPlan();
    if (hooksPath !== undefined) {
      place.git("config", "core.hooksPath", join(place.folder, hooksPath));
    }
    hooksIn(place, folder);
    // Git runs this one by its path, which a setting names.
    place.git("config", "core.fsmonitor", join(place.folder, folder, "fsmonitor-watchman"));
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    place.write("other.txt", "by the user\n");
    const quietly = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];
    place.git(...quietly, "add", "other.txt");
    place.git(...quietly, "commit", "--quiet", "--message", "Other");
    expect(ran(place)).toEqual([]);
    expect(place.pawl("merge").stdout).toContain("by a merge commit");
    expect(place.git("show", "HEAD:one.txt", "HEAD:two.txt", "HEAD:a.txt")).toBe("1\n2\ntwo");
    expect(ran(place)).toEqual([]);
    // They can run: git itself does run them.
    place.git("commit", "--quiet", "--allow-empty", "--message", "By hand");
    expect(ran(place)).toEqual(
      expect.arrayContaining([
        "commit-msg",
        "fsmonitor-watchman",
        "post-commit",
        "pre-commit",
        "reference-transaction",
      ]),
    );
  });
});
