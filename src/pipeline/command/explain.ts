import { PawlError } from "../../base/errors/index.ts";
import type { CommandResult, CommandSpec } from "./command.ts";

type Explained = Pick<CommandSpec, "label" | "command" | "cwd" | "timeoutMs" | "expectedExitCode" | "secrets">;

/** The error a result that is no success stands for, with the command as its plan has it, but without secrets. */
export function explainCommand(result: CommandResult, spec: Explained): PawlError {
  const { label } = spec;
  const command = spec.secrets?.text(commandText(spec.command)) ?? commandText(spec.command);
  const seconds = toSeconds(result.durationMs);
  const lastLine = lastLineOf(result);
  const log = result.stderr.file ?? result.stdout.file ?? "it printed nothing";
  if (result.aborted) {
    return new PawlError("COMMAND_STOPPED", { label, command, seconds });
  }
  if (result.timedOut) {
    return new PawlError("COMMAND_TIMED_OUT", {
      label,
      command,
      timeoutSec: toSeconds(spec.timeoutMs ?? 0),
      lastLine,
      log,
    });
  }
  if (result.signal !== null) {
    return new PawlError("COMMAND_KILLED", { label, command, signal: result.signal, seconds, lastLine, log });
  }
  const detail = result.startDetail ?? "";
  switch (result.startError) {
    case "bad_cwd":
      return new PawlError("COMMAND_BAD_FOLDER", { label, command, folder: spec.cwd, detail });
    case "not_started":
      return new PawlError("COMMAND_NOT_STARTED", { label, command, detail });
    case "not_found":
      return new PawlError("COMMAND_NOT_FOUND", { label, command, detail });
    case "not_executable":
      return new PawlError("COMMAND_NOT_EXECUTABLE", { label, command, detail });
    case null:
      break;
  }
  // A shell says these two of the command it was given.
  if (typeof spec.command === "string" && result.exitCode === 127) {
    return new PawlError("COMMAND_NOT_FOUND", { label, command, detail: lastLine });
  }
  if (typeof spec.command === "string" && result.exitCode === 126) {
    return new PawlError("COMMAND_NOT_EXECUTABLE", { label, command, detail: lastLine });
  }
  const expected = spec.expectedExitCode ?? 0;
  return new PawlError("COMMAND_FAILED", {
    label,
    command,
    exitCode: result.exitCode ?? "none",
    expected,
    lastLine,
    log,
  });
}

/** A command as one line: a list as JSON, so that its members can be told apart. */
function commandText(command: CommandSpec["command"]): string {
  return typeof command === "string" ? command.trim().replace(/\s*\n\s*/g, "; ") : JSON.stringify(command);
}

function toSeconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** What it said last: programs name the reason there, most of them on stderr. */
function lastLineOf({ stdout, stderr }: CommandResult): string {
  for (const { tail } of [stderr, stdout]) {
    const lines = tail.trimEnd().split("\n");
    const last = lines.at(-1)?.trim();
    if (last !== undefined && last !== "") {
      return (endOfNode.test(last) ? lines.findLast((line) => errorOfNode.test(line)) : undefined) ?? last;
    }
  }
  return "it printed nothing";
}

/** Node ends what it says of an error that nobody caught with its version, and the error stands before the stack. */
const endOfNode = /^Node\.js v\d+\.\d+\.\d+$/;
const errorOfNode = /^\w*(Error|Exception)( \[\w+\])?: /;
