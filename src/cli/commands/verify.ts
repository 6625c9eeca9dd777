import { count } from "../../base/count.ts";
import { type Fault, verifyState } from "../../views/verify/index.ts";
import type { CliCommand } from "../command.ts";
import { print, printJson } from "../context.ts";
import { openReader, type PlaceOptions, stateOption, statePlace } from "../place.ts";
import { oneLine } from "../show/one-line.ts";

export const command: CliCommand = {
  define(program, context) {
    program
      .command("verify")
      .description("check that nothing of the record was changed after it was written")
      .option(...stateOption)
      .option("--json", "one JSON object")
      .action((options: PlaceOptions & { json?: true }) => {
        const state = statePlace(context, options);
        openReader(state).close();
        const found = verifyState(state.database, state.folder);
        context.exitStatus = found.ok ? 0 : 1;
        if (options.json === true) {
          printJson(context, found);
          return;
        }
        for (const fault of found.faults) {
          print(context, faultLine(fault));
        }
        const { linesMissing } = found;
        const looked = [
          count(found.audits, "transition"),
          count(found.commits, "commit"),
          count(found.entities, "entity", "entities"),
          `${count(found.lines, "line")} of transitions.jsonl`,
        ].join(", ");
        // A line that was taken out of the middle leaves one too few as well, and nobody writes that again.
        if (linesMissing > 0 && !found.faults.some(({ kind }) => kind === "jsonl")) {
          const lines = linesMissing === 1 ? "the last line is" : `the last ${linesMissing} lines are`;
          print(
            context,
            `note: ${lines} not in transitions.jsonl yet, as after a crash; the next pawl run or resume writes what is missing`,
          );
        }
        print(context, found.ok ? `All is as it was written: ${looked}.` : `${looked} were looked at.`);
      });
  },
};

function faultLine({ kind, ...where }: Fault): string {
  const said = Object.entries(where)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name} ${String(value)}`);
  // What is wrong with a store may be what somebody wrote into it.
  return oneLine(`${kind}: ${said.join(", ")}`);
}
