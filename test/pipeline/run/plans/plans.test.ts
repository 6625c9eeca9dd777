import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsOf } from "./scenario.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pawl-plans-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The long form (npm run test:plans) takes as many seeds as one likes.
// Its tasks are made of what Linux has.
describe.runIf(process.platform === "linux")(
  "a random plan, disturbed at random moments, leaves what the README says",
  () => {
    test.each([1, 2, 3])("of seed %i", async (seed) => {
      expect(await faultsOf(seed, join(folder, String(seed)))).toEqual([]);
    });
  },
);
