#!/usr/bin/env node
import { systemIds } from "../base/ids.ts";
import { systemClock } from "../base/time.ts";
import { runCli } from "./program.ts";

const context = {
  cwd: process.cwd(),
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
  exitStatus: 0,
};

// A reader that goes away, as `pawl events | head` does, ends the command quietly.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? context.exitStatus : 1);
});

await runCli(process.argv.slice(2), context);
process.exitCode = context.exitStatus;
