/** Commands of a plan: run as process groups, stopped whole, their output kept short and without secrets. */
export { type CommandResult, type CommandSpec, commandSucceeded, type StartError } from "./command.ts";
export { type Environment, effectMarker } from "./environment.ts";
export { explainCommand } from "./explain.ts";
export { killLeftovers, type StoppedLeftover, stopLeftovers } from "./leftovers.ts";
export { readLog } from "./log-format.ts";
export type { CommandOutput } from "./output-log.ts";
export { runCommand } from "./run.ts";
export { type CommandRequest, type CommandRunner, openRunner } from "./runner.ts";
export { screenText } from "./screen-text.ts";
export { openSeparateRunner } from "./separate-runner.ts";
