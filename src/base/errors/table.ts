import { cliErrors } from "./cli.ts";
import { commandErrors } from "./command.ts";
import { gitErrors } from "./git.ts";
import { patchErrors } from "./patch.ts";
import { pipelineErrors } from "./pipeline.ts";
import { planErrors } from "./plan.ts";
import { runtimeErrors } from "./runtime.ts";
import { storeErrors } from "./store.ts";
import { testingErrors } from "./testing.ts";
import { transitionErrors } from "./transition.ts";

/** Every error Pawl can report, by its code. The parts are split by room only to keep the files small. */
export const errorTable = {
  ...planErrors,
  ...gitErrors,
  ...patchErrors,
  ...commandErrors,
  ...storeErrors,
  ...transitionErrors,
  ...runtimeErrors,
  ...pipelineErrors,
  ...cliErrors,
  ...testingErrors,
} as const;

export type ErrorCode = keyof typeof errorTable;
