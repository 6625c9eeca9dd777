import { resolve } from "node:path";
import { readPlan } from "../../plan/index.ts";
import type { CliCommand } from "../command.ts";
import { checkoutAround, stateOption } from "../place.ts";
import { inspectOption, type WorkOptions, workOn } from "../work-on.ts";

export const command: CliCommand = {
  define(program, context) {
    program
      .command("run")
      .description("run a plan against the git repository around the present folder")
      .argument("<plan>", "the plan file, YAML or JSON")
      .option("--id <name>", "name of the run; the plan's name and a number when left out")
      .option(...stateOption)
      .option(...inspectOption)
      .option("--json", "one JSON object a line: each transition, then a summary")
      .action(async (file: string, options: WorkOptions & { id?: string }) => {
        // Before anything else is opened: a bad plan changes nothing.
        const plan = await readPlan(resolve(context.cwd, file), { repository: checkoutAround(context.cwd) });
        await workOn(context, options, (pipeline) => pipeline.start(plan, { id: options.id }));
      });
  },
};
