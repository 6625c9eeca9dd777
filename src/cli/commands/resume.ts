import { PawlError } from "../../base/errors/index.ts";
import type { CliCommand } from "../command.ts";
import { checkoutAround, openReader, stateOption, statePlace } from "../place.ts";
import { inspectOption, type WorkOptions, workOn } from "../work-on.ts";

export const command: CliCommand = {
  define(program, context) {
    program
      .command("resume")
      .description("go on with a run that was interrupted")
      .argument("[run]", "the run; the one that has not ended when left out")
      .option(...stateOption)
      .option(...inspectOption)
      .option("--json", "one JSON object a line: each transition, then a summary")
      .action(async (name: string | undefined, options: WorkOptions) => {
        if (checkoutAround(context.cwd) !== undefined) {
          // Where nothing was ever run, nothing is made.
          openReader(statePlace(context, options)).close();
        }
        await workOn(context, options, async (pipeline) => {
          const run = name ?? pipeline.unfinished()?.run ?? pipeline.runs().at(-1)?.run;
          if (run === undefined) {
            throw new PawlError("NO_RUNS", { folder: statePlace(context, options).folder });
          }
          pipeline.check(run);
          return run;
        });
      });
  },
};
