/** What the state folder of a repository holds, and where. Light: commands that only look load nothing else. */
export { type Configuration, readConfiguration } from "./configuration.ts";
export { LogFiles } from "./log-files.ts";
export { claimStateFolder, type StateFolder, stateFolderAt } from "./state-folder.ts";
export {
  patchFilePlace,
  planAsStored,
  readStoredPlan,
  type StoredPlan,
  storedPlanHash,
  storedPlanRow,
  storedPlansComponent,
} from "./stored-plans.ts";
