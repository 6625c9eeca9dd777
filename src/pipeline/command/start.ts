import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { CommandSpec, StartError } from "./command.ts";
import { commandEnvironment } from "./environment.ts";

export type StartedCommand = ChildProcessByStdio<null, Readable, Readable> & { readonly pid: number };

/** The part of a result that says why a command did not start. */
export interface StartFailure {
  readonly startError: StartError;
  readonly startDetail: string;
  readonly exitCode: 126 | 127 | null;
}

/** Starts a command in a session and process group of its own: its pid names both. */
export async function startCommand(spec: CommandSpec): Promise<StartedCommand | StartFailure> {
  const [file = "", ...args] = typeof spec.command === "string" ? ["/bin/sh", "-c", spec.command] : spec.command;
  let child: ChildProcessByStdio<null, Readable, Readable>;
  try {
    child = spawn(file, args, {
      cwd: spec.cwd,
      env: commandEnvironment(spec.env, spec.marker),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  } catch (error) {
    return startFailure(error as NodeJS.ErrnoException, spec.cwd);
  }
  if (child.pid !== undefined) {
    return child as StartedCommand;
  }
  const [error] = (await once(child, "error").catch((error: unknown) => [error])) as [NodeJS.ErrnoException];
  return startFailure(error, spec.cwd);
}

async function startFailure(error: NodeJS.ErrnoException, cwd: string): Promise<StartFailure> {
  // The system says ENOENT and EACCES of the folder and of the program alike.
  const badFolder = await whyNoFolder(cwd);
  if (badFolder !== undefined) {
    return { startError: "bad_cwd", startDetail: badFolder, exitCode: null };
  }
  switch (error.code) {
    case "ENOENT":
    case "ENOTDIR":
    case "ELOOP":
    case "ENAMETOOLONG":
      return { startError: "not_found", startDetail: error.code, exitCode: 127 };
    case "EACCES":
    case "EPERM":
    case "ENOEXEC":
    case "ETXTBSY":
      return { startError: "not_executable", startDetail: error.code, exitCode: 126 };
    default:
      return { startError: "not_started", startDetail: error.message, exitCode: null };
  }
}

async function whyNoFolder(cwd: string): Promise<string | undefined> {
  try {
    if (!(await stat(cwd)).isDirectory()) {
      return "it is no folder";
    }
    await access(cwd, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "it does not exist" : (error as Error).message;
  }
}
