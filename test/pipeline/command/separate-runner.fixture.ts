import { systemClock } from "../../../src/base/time.ts";
import { effectMarker, openSeparateRunner } from "../../../src/pipeline/command/index.ts";

/** A process that runs one command by a runner and does not close it. Arguments: state folder, store, command. */
const [stateDirectory = "", store = "", command = ""] = process.argv.slice(2);
const runner = openSeparateRunner({ stateDirectory, store, secrets: new Map(), clock: systemClock });
await runner.run({
  label: "task t",
  command,
  cwd: stateDirectory,
  env: {},
  marker: effectMarker(store, "effect-1"),
});
