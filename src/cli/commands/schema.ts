import type { CliCommand } from "../command.ts";
import { print } from "../context.ts";

export const command: CliCommand = {
  define(program, context) {
    program
      .command("schema")
      .description("print the JSON Schema of plan files, for editors")
      .action(async () => {
        const { planJsonSchema } = await import("../../plan/index.ts");
        print(context, JSON.stringify(planJsonSchema(), null, 2));
      });
  },
};
