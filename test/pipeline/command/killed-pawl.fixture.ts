import { systemClock } from "../../../src/base/time.ts";
import { effectMarker, runCommand } from "../../../src/pipeline/command/index.ts";
import { RunningCommands } from "../../../src/pipeline/command/running-commands.ts";

/** A process that runs one command and is killed meanwhile. Arguments: state folder, store, effect, command. */
const [state = "", store = "", effect = "", command = ""] = process.argv.slice(2);
await runCommand({
  label: effect,
  command,
  cwd: state,
  env: {},
  marker: effectMarker(store, effect),
  register: new RunningCommands(state, systemClock),
  clock: systemClock,
});
