import { defineErrors } from "./define.ts";

export const commandErrors = defineErrors({
  COMMAND_NOT_FOUND: {
    exit: 1,
    http: 422,
    message: "{label}: command not found: {command} ({detail})",
    fix: "Install it, correct its name, or name it by its path. A relative path begins at the top of the worktree, in which only committed files are, and what a setup command made.",
  },
  COMMAND_NOT_EXECUTABLE: {
    exit: 1,
    http: 422,
    message: "{label}: cannot be executed: {command} ({detail})",
    fix: "Make the file executable (chmod +x), or name its interpreter: [sh, script.sh].",
  },
  COMMAND_BAD_FOLDER: {
    exit: 1,
    http: 422,
    message: "{label}: {command} cannot start in {folder}: {detail}",
    fix: "Create the folder, or make it accessible.",
  },
  COMMAND_NOT_STARTED: {
    exit: 1,
    http: 500,
    message: "{label}: {command} could not be started: {detail}",
    fix: "Free what the system ran out of (processes, open files, memory), or shorten the command (a long prompt is in PAWL_PROMPT_FILE), then try again.",
  },
  COMMAND_FAILED: {
    exit: 1,
    http: 422,
    message: "{label}: {command} ended with exit code {exitCode}, not {expected}: {lastLine}",
    fix: "Read its output ({log}), mend what it reports, then try again.",
  },
  COMMAND_KILLED: {
    exit: 1,
    http: 422,
    message: "{label}: {command} was killed by {signal} after {seconds} s: {lastLine}",
    fix: "Read its output ({log}). SIGKILL that nobody sent often means that memory ran out.",
  },
  COMMAND_TIMED_OUT: {
    exit: 1,
    http: 504,
    message: "{label}: {command} did not end within {timeoutSec} s and was stopped: {lastLine}",
    fix: "Raise its timeout, or read its output ({log}) to see what it waited for.",
  },
  COMMAND_STOPPED: {
    exit: 130,
    http: 409,
    message: "{label}: {command} was stopped after {seconds} s, as asked",
    fix: "Nothing to mend: it was cancelled or interrupted. pawl resume runs it again if its run goes on.",
  },
  SECRET_TOO_SHORT: {
    exit: 2,
    http: 400,
    message: "the secret {name} has {bytes} bytes, too few to be found in output without blacking out other text",
    fix: "Give {name} a value of at least {least} bytes, or take it out of secrets. A run that has begun keeps its plan: give it one, or end the run with pawl cancel.",
  },
});
