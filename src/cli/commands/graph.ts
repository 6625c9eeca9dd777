import type { MachineEntry } from "../../../machines/index.ts";
import { PawlError } from "../../base/errors/index.ts";
import { entryJsonOf, mermaidOf, type PictureOptions, statelyOf, svgOf } from "../../views/pictures/index.ts";
import { eventsAfter } from "../../views/runs/index.ts";
import { namedMachine } from "../catalogue-entry.ts";
import type { CliCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { namedEntity } from "../entity-name.ts";
import { openReader, type PlaceOptions, stateOption, statePlace } from "../place.ts";

interface Options extends PlaceOptions {
  readonly format: string;
  readonly entity?: string;
  readonly run?: string;
}

const formats: Readonly<Record<string, (entry: MachineEntry, options: PictureOptions) => string>> = {
  mermaid: mermaidOf,
  svg: svgOf,
  json: entryJsonOf,
  stately: statelyOf,
};

export const command: CliCommand = {
  define(program, context) {
    program
      .command("graph")
      .description("draw a machine, and the way that one of its entities took")
      .argument("<machine>", "run, workstream, task, worker, uet_worker, patch_ledger, test_gate or circuit_breaker")
      .option("--format <format>", "mermaid, svg, json or stately", "mermaid")
      .option("--entity <id>", "set off the present state of one entity, and the steps that it took; not in stately")
      .option("--run <run>", "the run of the entity; the last one when left out")
      .option(...stateOption)
      .action((name: string, options: Options) => {
        const { entry } = namedMachine(name);
        const draw = Object.hasOwn(formats, options.format) ? formats[options.format] : undefined;
        if (draw === undefined) {
          const detail = `it is one of ${Object.keys(formats).join(", ")}`;
          throw new PawlError("CLI_BAD_OPTION", {
            option: "--format",
            value: options.format,
            detail,
            command: "graph",
          });
        }
        context.stdout.write(draw(entry, options.entity === undefined ? {} : wayOf(context, entry, options)));
      });
  },
};

/** The present state of an entity and the transitions that it took. */
function wayOf(context: CliContext, entry: MachineEntry, options: Options): PictureOptions {
  const state = statePlace(context, options);
  const db = openReader(state);
  try {
    const { entity_type, id, row } = namedEntity(db, state.folder, options.entity ?? "", options.run);
    if (entity_type !== entry.name) {
      throw new PawlError("GRAPH_OF_ANOTHER_KIND", { entity: id, found: entity_type, machine: entry.name });
    }
    const way = [...eventsAfter(db, { entity: id })]
      .filter(({ from_state, to_state }) => from_state !== to_state)
      .map(({ from_state: from, to_state: to, trigger }) => ({ from, to, trigger }));
    return { present: String(row["state"]), way };
  } finally {
    db.close();
  }
}
