import type { Redactor } from "../../base/secrets.ts";
import type { Clock } from "../../base/time.ts";
import type { Environment } from "./environment.ts";
import type { CommandOutput } from "./output-log.ts";
import type { RunningCommands } from "./running-commands.ts";

/** What to run, and where. Times are in milliseconds. */
export interface CommandSpec {
  /** Names it in errors, such as `task bump`. */
  readonly label: string;
  /** A string is run by `sh -c`; a list is executed as it is, its first member looked up in PATH. */
  readonly command: string | readonly string[];
  /** The folder it runs in. */
  readonly cwd: string;
  /**
   * Added to what it inherits, the environment of this process less Pawl's own variables. Values of a plan reach a
   * command only this way, as `PAWL_…`.
   */
  readonly env: Environment;
  /** See {@link effectMarker}. It is the command's `PAWL_EFFECT`. */
  readonly marker: string;
  /** From the start on; then its processes are stopped. No limit without it. */
  readonly timeoutMs?: number | undefined;
  /** From TERM to KILL. 5 s without it. */
  readonly graceMs?: number | undefined;
  /** Stops it and its processes. */
  readonly signal?: AbortSignal | undefined;
  /** Where its output is kept; only counted without it. Made with the first byte, an older file is overwritten. */
  readonly stdoutFile?: string | undefined;
  readonly stderrFile?: string | undefined;
  /** Taken out of its output and out of errors. */
  readonly secrets?: Redactor | undefined;
  /** Remembers it for the case that this process is killed. */
  readonly register?: RunningCommands | undefined;
  /** What {@link commandSucceeded} takes for success. 0 without it. */
  readonly expectedExitCode?: number | undefined;
  readonly clock: Clock;
}

/** Why a command did not start. */
export type StartError = "not_found" | "not_executable" | "bad_cwd" | "not_started";

/** How a command ended. Plain data, fit for JSON. */
export interface CommandResult {
  /** 127 if it was not found, 126 if it could not be executed, as a shell has it; null if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  /** From its start to its own end, without what it left behind. */
  readonly durationMs: number;
  /** How many of its processes were still there when it had ended by itself, and were stopped. */
  readonly leftBehind: number;
  readonly stdout: CommandOutput;
  readonly stderr: CommandOutput;
  readonly startError: StartError | null;
  /** What the system said of it. */
  readonly startDetail: string | null;
}

/** A result without its outputs. */
export type Ending = Omit<CommandResult, "stdout" | "stderr">;

/** The ending of a command that never began, to be filled in. */
export const noEnding: Ending = {
  exitCode: null,
  signal: null,
  timedOut: false,
  aborted: false,
  durationMs: 0,
  leftBehind: 0,
  startError: null,
  startDetail: null,
};

/** True if the command ended by itself with the expected exit code. */
export function commandSucceeded(result: CommandResult, spec: Pick<CommandSpec, "expectedExitCode">): boolean {
  return (
    result.startError === null &&
    !result.timedOut &&
    !result.aborted &&
    result.exitCode === (spec.expectedExitCode ?? 0)
  );
}
