import type { CliCommand } from "../command.ts";
import { print, printJson } from "../context.ts";
import { haveDone, thisUser } from "../intervene.ts";
import { type PlaceOptions, stateOption } from "../place.ts";

interface Options extends PlaceOptions {
  readonly operator?: string;
  readonly reason?: string;
  readonly json?: true;
}

export const command: CliCommand = {
  define(program, context) {
    program
      .command("cancel")
      .description("stop a run for good, down to its commands; another process may be working on it")
      .argument("[run]", "the run; the last one when left out")
      .option("--operator <name>", "who stops it; the user of this system when left out")
      .option("--reason <text>", "why")
      .option(...stateOption)
      .option("--json", "one JSON object")
      .action(async (name: string | undefined, options: Options) => {
        const { operator = thisUser(context.env), reason } = options;
        const run = await haveDone(context, options, name, { kind: "cancel", operator, reason });
        if (options.json === true) {
          printJson(context, { run: run.run_id, state: run.state });
        } else {
          print(context, `${run.run_id} is ${run.state}.`);
        }
      });
  },
};
