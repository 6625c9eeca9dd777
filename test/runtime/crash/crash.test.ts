import { describe, expect, test } from "vitest";
import { testFolder } from "../folder.fixture.ts";
import { checkStore } from "./check-store.ts";
import { brokenPromises, crashLoad, dbOf, type Load, linesOf, remainsOf, startLoad } from "./crash-load.ts";

const load: Load = { jobs: 50, rounds: 15, seed: 7 };

describe("a load of 50 machines with children, timers and effects", () => {
  test("ends after 30 kills as one that nobody disturbed, with nothing lost and nothing twice", async () => {
    const [calm, killed] = [testFolder(), testFolder()];
    await startLoad(calm, load);
    expect(await crashLoad(killed, load, 30)).toBe(30);

    expect(brokenPromises(killed)).toEqual([]);
    expect(remainsOf(killed)).toEqual(remainsOf(calm));
    const { faults, linesMissing, audits, commits } = checkStore(dbOf(killed), linesOf(killed));
    expect([faults, linesMissing]).toEqual([[], 0]);
    // All of them stand in the two chains that were verified, of audit events and of commits.
    expect(audits).toBe(checkStore(dbOf(calm), linesOf(calm)).audits);
    expect([audits > load.jobs * load.rounds, commits > load.rounds]).toEqual([true, true]);
  }, 120_000);
});
