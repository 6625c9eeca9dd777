#!/usr/bin/env node
import { isatty } from "node:tty";
import { PawlError } from "../base/errors/index.ts";
import { systemIds } from "../base/ids.ts";
import { systemClock } from "../base/time.ts";
import { describeError } from "./failure.ts";
import { runCli } from "./program.ts";

const context = {
  cwd: presentFolder(),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  ids: systemIds(),
  onInterrupt(listener: () => void) {
    process.on("SIGINT", listener).on("SIGTERM", listener);
    return () => {
      process.off("SIGINT", listener).off("SIGTERM", listener);
    };
  },
  exit: (status: number): never => process.exit(status),
  goesOnWithoutStdout: false,
  exitStatus: 0,
};

let isStdoutFaultTold = false;
// Each write that fails tells of it anew.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that goes away, as `pawl events | head` does, has seen enough: no fault.
  const isFault = error.code !== "EPIPE";
  if (isFault && !isStdoutFaultTold) {
    isStdoutFaultTold = true;
    const next = context.goesOnWithoutStdout ? "The run goes on; pawl status shows how far it is." : "Then try again.";
    const fault = new PawlError("STDOUT_REFUSED", { detail: error.message, next }, { cause: error });
    tell(fault);
  }
  if (!context.goesOnWithoutStdout) {
    process.exit(isFault ? 1 : context.exitStatus);
  }
});
// Nobody is left to be told of it, and it must not end a run in its middle.
process.stderr.on("error", () => undefined);

// Node ends at a hang-up even where nohup had it ignored. Whoever has no terminal loses none.
if (![0, 1, 2].some(isatty)) {
  process.on("SIGHUP", () => undefined);
}

await runCli(process.argv.slice(2), context);
process.exitCode = context.exitStatus;

/** Another terminal may have deleted it. */
function presentFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    const gone = new PawlError("FOLDER_GONE", { folder: process.env["PWD"] ?? "unknown" }, { cause });
    tell(gone);
    process.exit(gone.exitStatus);
  }
}

function tell(error: PawlError): void {
  process.stderr.write(describeError(error, process.argv.includes("--json")));
}
