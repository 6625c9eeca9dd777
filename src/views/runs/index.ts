/** Read models of runs, over a store that is opened to look at it (openSqliteReader). */
export { processAtWork, type WorkingProcess } from "./at-work.ts";
export {
  blamedFor,
  commitsOf,
  type EntityDetail,
  entityDetail,
  entityNames,
  type FailedGate,
  failedGatesOf,
  failedGatesOfWorkstream,
  type PatchOfTask,
  patchContent,
  patchesOf,
} from "./entity.ts";
export { type EventFilter, eventsAfter, type ShownEvent } from "./events.ts";
export { latestRun, listRuns, type RunSummary } from "./list.ts";
export { type RunTree, runTree, type TaskLine, type WorkstreamLine } from "./tree.ts";
