import { PawlError } from "../../base/errors/index.ts";
import { readLog } from "../../pipeline/command/index.ts";
import type { CliCommand } from "../command.ts";
import { print, printJson } from "../context.ts";
import { namedEntity } from "../entity-name.ts";
import { logsOf } from "../log-place.ts";
import { wholeNumber } from "../numbers.ts";
import { openReader, type PlaceOptions, stateOption, statePlace } from "../place.ts";

interface Options extends PlaceOptions {
  readonly run?: string;
  readonly attempt?: number;
  readonly json?: true;
}

export const command: CliCommand = {
  define(program, context) {
    program
      .command("logs")
      .description("print what the command of a task or gate printed")
      .argument("<task>", "the task or gate, as status and events name it: client.bump")
      .option("--run <run>", "the run; the last one when left out")
      .option("--attempt <number>", "which attempt; the last one when left out", wholeNumber("--attempt", "logs"))
      .option(...stateOption)
      .option("--json", "one JSON object for each attempt")
      .action(async (name: string, options: Options) => {
        const state = statePlace(context, options);
        const db = openReader(state);
        const { id } = (() => {
          try {
            return namedEntity(db, state.folder, name, options.run);
          } finally {
            db.close();
          }
        })();
        const all = logsOf(state, id);
        const wanted =
          options.attempt === undefined ? all.slice(-1) : all.filter(({ attempt }) => attempt === options.attempt);
        if (wanted.length === 0) {
          const known = all.map(({ attempt }) => attempt).join(", ");
          throw new PawlError("NO_LOGS", { id, known: known === "" ? "none" : known });
        }
        for (const { attempt, stdout, stderr } of wanted) {
          const [out, err] = await Promise.all([stdout, stderr].map((file) => (file === null ? "" : readLog(file))));
          if (options.json === true) {
            printJson(context, { id, attempt, stdout: out, stderr: err });
            continue;
          }
          for (const [title, text] of [
            ["stdout", out],
            ["stderr", err],
          ] as const) {
            if (text !== undefined && text !== "") {
              print(context, `--- ${id}, attempt ${attempt}, ${title}`);
              print(context, text.trimEnd());
            }
          }
        }
      });
  },
};
