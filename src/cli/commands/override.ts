import { PawlError } from "../../base/errors/index.ts";
import { nearest } from "../../base/nearest.ts";
import { type OverrideName, overrideNames, overrides } from "../../pipeline/run/index.ts";
import type { CliCommand } from "../command.ts";
import { print, printJson } from "../context.ts";
import { namedEntity } from "../entity-name.ts";
import { haveDone } from "../intervene.ts";
import { openReader, type PlaceOptions, stateOption, statePlace } from "../place.ts";

interface Options extends PlaceOptions {
  readonly run?: string;
  readonly operator?: string;
  readonly reason?: string;
  readonly json?: true;
}

const list = overrideNames.map((name) => `  ${name.padEnd(16)} ${overrides[name].does}`).join("\n");

export const command: CliCommand = {
  define(program, context) {
    program
      .command("override")
      .description("do to a machine what its own course would not, in the name of a person")
      .argument("<action>", `one of ${overrideNames.join(", ")}`)
      .argument("<entity>", "the task, workstream or patch, as status and events name it")
      .option("--operator <name>", "who does it (required)")
      .option("--reason <text>", "why (required)")
      .option("--run <run>", "the run; the last one when left out")
      .option(...stateOption)
      .option("--json", "one JSON object")
      .addHelpText(
        "after",
        `\nActions:\n${list}\n\nWho may: the operators that .pawl.yaml names, or everybody without it.`,
      )
      .action(async (action: string, entity: string, options: Options) => {
        const name = overrideNames.find((each) => each === action);
        if (name === undefined) {
          const values = { action, nearest: nearest(action, overrideNames) ?? overrideNames.join(", ") };
          throw new PawlError("OVERRIDE_UNKNOWN", values);
        }
        const { operator = "", reason = "" } = options;
        const found = checkedEntity(context, options, name, entity);
        const asked = { kind: "override", name, entity: found.entity, operator, reason } as const;
        const run = await haveDone(context, options, found.run, asked);
        const { trigger } = overrides[name];
        if (options.json === true) {
          printJson(context, { run: run.run_id, entity, trigger, operator, reason });
        } else {
          print(context, `${entity}: ${overrides[name].does}, done by ${operator}.`);
        }
      });
  },
};

/** Before anything is opened for writing: the entity is there, and of the kind that the action is for. */
function checkedEntity(
  context: Parameters<CliCommand["define"]>[1],
  options: Options,
  name: OverrideName,
  entity: string,
): { readonly run: string; readonly entity: string } {
  const state = statePlace(context, options);
  const db = openReader(state);
  try {
    const { entity_type, id } = namedEntity(db, state.folder, entity, options.run);
    if (entity_type !== overrides[name].entity) {
      throw new PawlError("OVERRIDE_OF_ANOTHER_KIND", {
        action: name,
        entity,
        found: entity_type,
        wanted: overrides[name].entity,
      });
    }
    const cut = id.indexOf("/");
    return { run: id.slice(0, cut), entity: id.slice(cut + 1) };
  } finally {
    db.close();
  }
}
