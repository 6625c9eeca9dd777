import { resolve } from "node:path";
import { count } from "../../base/count.ts";
import type { CliCommand } from "../command.ts";
import { print, printJson } from "../context.ts";
import { checkoutAround } from "../place.ts";

export const command: CliCommand = {
  define(program, context) {
    program
      .command("validate")
      .description("check a plan file and say all that is wrong with it; nothing is run")
      .argument("<plan>", "the plan file, YAML or JSON")
      .option("--json", "print the plan with all defaults filled in, as one JSON object")
      .action(async (file: string, options: { json?: true }) => {
        const { readPlan } = await import("../../plan/index.ts");
        // As `pawl run` reads it: its patches may lie anywhere in the repository.
        const plan = await readPlan(resolve(context.cwd, file), { repository: checkoutAround(context.cwd) });
        if (options.json === true) {
          printJson(context, plan);
          return;
        }
        const tasks = plan.workstreams.reduce((sum, workstream) => sum + workstream.tasks.length, 0);
        const parts = [
          count(plan.workstreams.length, "workstream"),
          count(tasks, "task"),
          count(plan.gates.length, "gate"),
        ];
        print(context, `${plan.name}: a good plan with ${parts.join(", ")}.`);
      });
  },
};
