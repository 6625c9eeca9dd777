import type { CommandResult } from "./command.ts";
import type { CommandRequest } from "./runner.ts";

/** The first message to a runner process. Secrets come this way because arguments and environments can be seen. */
export interface RunnerSetup {
  readonly type: "setup";
  readonly stateDirectory: string;
  readonly secrets: readonly (readonly [name: string, value: string])[];
}

/** What was asked within one turn, in its order: to send it costs more than to write it down, once for all. */
export type ToRunner = readonly Asking[];

export type Asking =
  | RunnerSetup
  | { readonly type: "run"; readonly id: number; readonly request: Omit<CommandRequest, "signal"> }
  | { readonly type: "abort"; readonly id: number }
  /** End once everything asked for is answered. */
  | { readonly type: "close" };

export type FromRunner =
  | { readonly id: number; readonly result: CommandResult }
  | { readonly id: number; readonly error: string };
