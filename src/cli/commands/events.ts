import { type EventFilter, eventsAfter } from "../../views/runs/index.ts";
import type { CliCommand } from "../command.ts";
import { print, printJson } from "../context.ts";
import { namedEntity, namedRun } from "../entity-name.ts";
import { wholeNumber } from "../numbers.ts";
import { openReader, type PlaceOptions, stateOption, statePlace } from "../place.ts";
import { eventLine } from "../show/event-line.ts";

interface Options extends PlaceOptions {
  readonly entity?: string;
  readonly after?: number;
  readonly limit?: number;
  readonly json?: true;
}

export const command: CliCommand = {
  define(program, context) {
    program
      .command("events")
      .description("print the transitions of a run, in their order")
      .argument("[run]", "the run; the last one when left out")
      .option("--entity <id>", "only those of one workstream, task, gate or patch")
      .option("--after <number>", "only those after this one", wholeNumber("--after", "events"))
      .option("--limit <number>", "at most so many", wholeNumber("--limit", "events"))
      .option(...stateOption)
      .option("--json", "one JSON object a line")
      .action((name: string | undefined, options: Options) => {
        const state = statePlace(context, options);
        const db = openReader(state);
        try {
          const run = namedRun(db, state.folder, name);
          const entity = options.entity === undefined ? undefined : namedEntity(db, state.folder, options.entity, name);
          const filter: EventFilter = {
            run: run.run_id,
            entity: entity?.id,
            after: options.after,
            limit: options.limit,
          };
          for (const event of eventsAfter(db, filter)) {
            if (options.json === true) {
              printJson(context, event);
            } else {
              print(context, eventLine(event));
            }
          }
        } finally {
          db.close();
        }
      });
  },
};
