/** Runs of plans on a git repository. */
export { describeTask } from "./describe-task.ts";
export { askRunning, withdrawRequest } from "./inbox.ts";
export type { Intervention } from "./intervention.ts";
export type { PipelineOptions } from "./options.ts";
export { type OverrideName, overrideNames, overrides } from "./overrides.ts";
export { Pipeline, type RunEnd } from "./pipeline.ts";
export { tidyRun } from "./tidy.ts";
