import { rmSync } from "node:fs";
import { judgeAftermath, judgeAnswers } from "./aftermath.ts";
import { killEarlierRun, live } from "./disturb.ts";
import { collect } from "./evidence.ts";
import { judgeCommits } from "./judge-commits.ts";
import { judgeStates } from "./judge-states.ts";
import { judgeWork } from "./judge-work.ts";
import { Known } from "./known.ts";
import { Place } from "./place.ts";
import { scenarioOf } from "./random-plan.ts";

/**
 * Makes the plan of a seed, runs it through what happens to it, and holds what is left against the README.
 *
 * @param folder removed where nothing is wrong
 * @returns what is wrong
 */
export async function faultsOf(seed: number, folder: string, asksAll = false): Promise<string[]> {
  const { plan, disturbances, earlierMs } = scenarioOf(seed);
  const place = new Place(folder, plan);
  const before = earlierMs === null ? [] : await killEarlierRun(place, earlierMs);
  const evidence = await collect(place, await live(place, disturbances));
  const known = new Known(evidence);
  const faults = [
    ...before,
    ...evidence.faults,
    ...judgeStates(known),
    ...judgeWork(known),
    ...judgeCommits(known),
    ...(await judgeAftermath(evidence)),
    ...(asksAll ? await judgeAnswers(evidence) : []),
  ];
  if (faults.length === 0) {
    rmSync(folder, { recursive: true, force: true });
  }
  return faults;
}
