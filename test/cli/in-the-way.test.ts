import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Place, placeWith, planOf } from "./pawl.fixture.ts";

describe("what is in the way of a run", () => {
  const plan = planOf(["{ id: t, run: 'true', changes: none }"]);

  test.each([
    [
      "a bare repository",
      (place: Place) => place.git("init", "--bare", "--quiet", "x"),
      "x",
      "REPOSITORY_BARE",
      1,
      /is a bare repository/,
      /Clone it/,
    ],
    [
      "a base that is not there",
      (place: Place) => place.write("plan.yaml", plan.replace("base: main", "base: mian")),
      ".",
      "BASE_UNKNOWN",
      65,
      /base "mian" is no branch/,
      /Nearest names there: main/,
    ],
    [
      "a branch above that of the run",
      (place: Place) => place.git("branch", "pawl"),
      ".",
      "BRANCH_EXISTS",
      1,
      /branch pawl\/p-1 cannot be made: .* was not made by this run/,
      /git branch -m pawl NEW-NAME/,
    ],
  ] as const)("%s", (_, prepare, below, code, status, message, fix) => {
    const place = placeWith(plan);
    prepare(place);
    if (below !== ".") {
      place.write(`${below}/plan.yaml`, plan);
    }
    const inside = Object.assign(Object.create(Place.prototype) as Place, {
      folder: join(place.folder, below),
      env: {},
    });
    const printed = inside.pawl("run", "plan.yaml");
    const [said, way] = printed.stderr.split("\n");
    expect([printed.status, said, way]).toEqual([
      status,
      expect.stringContaining(`[${code}]`),
      expect.stringMatching(fix),
    ]);
    expect(said).toMatch(message);
  });

  test("uncommitted changes are left alone, and said", () => {
    const place = placeWith(plan);
    place.write("a.txt", "changed\n");
    const { status, stdout } = place.pawl("run", "plan.yaml");
    expect([status, stdout]).toEqual([0, expect.stringContaining("uncommitted changes")]);
    expect(place.git("diff", "--name-only")).toBe("a.txt");
  });
});
