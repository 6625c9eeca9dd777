import type { PlanIndex } from "../../../src/pipeline/run/plan-index.ts";

/** Whose branches they are. */
export const maker = { run: "r", store: "s" };

/** What the store says of a run of which nothing is recorded yet. */
export const nothingRecorded = {
  index: {} as PlanIndex,
  hasEndedUncommitted: () => false,
  endedUnmerged: () => new Set<string>(),
  lastCommitOf: () => null,
  lastCompleted: () => null,
};
