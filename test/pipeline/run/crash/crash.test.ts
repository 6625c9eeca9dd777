import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyRepository, makeCrashRepository } from "./crash-plan.ts";
import { type CrashPoint, executions, killedAfter, once, type Remains, remainsOf, toTheEnd } from "./crash-run.ts";

// The long form (npm run test:crash) takes every point, and a hundred random moments.
const points: readonly CrashPoint[] = [
  { point: "commit.before", nth: 2 },
  { point: "commit.after", nth: 1 },
  { point: "commit.after", nth: 9 },
  { point: "commit.before", nth: 20 },
  { point: "effect.start", nth: 6 },
  { point: "effect.end", nth: 3 },
  { point: "effect.end", nth: 13 },
  { point: "effect.end", nth: 24 },
  { point: "git.before", nth: 14 },
  { point: "git.after", nth: 24 },
];

let folder: string;
let undisturbed: Remains;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pawl-crash-"));
  makeCrashRepository(join(folder, "origin"));
  copyRepository(join(folder, "origin"), join(folder, "undisturbed"));
  toTheEnd(join(folder, "undisturbed"));
  undisturbed = remainsOf(join(folder, "undisturbed"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a run that was killed ends as one that was not", () => {
  test.each(points)("killed at $point, number $nth", ({ point, nth }) => {
    const here = join(folder, `${point}-${nth}`);
    copyRepository(join(folder, "origin"), here);
    expect(once(here, { point, nth })).toBeNull();
    expect([toTheEnd(here), remainsOf(here)]).toEqual(["succeeded", undisturbed]);
    // Once, and once more where the crash fell between its end and the record of it.
    const ran = executions(here);
    expect(Object.values(ran).reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(4 + 2);
    rmSync(here, { recursive: true, force: true });
  });

  test("killed from outside, again and again", async () => {
    const here = join(folder, "again");
    copyRepository(join(folder, "origin"), here);
    const kills = [];
    for (const ms of [350, 450, 600, 500, 700]) {
      kills.push(await killedAfter(here, ms));
    }
    expect(kills[0]).toBe(true);
    expect([toTheEnd(here), remainsOf(here)]).toEqual(["succeeded", undisturbed]);
  });
});
