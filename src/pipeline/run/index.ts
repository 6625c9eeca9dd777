/** Runs of plans on a git repository. */
export { describeTask } from "./describe-task.ts";
export { leaveRequest } from "./inbox.ts";
export { Pipeline, type PipelineOptions, type RunEnd } from "./pipeline.ts";
