import { writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { count } from "../../base/count.ts";
import { PawlError } from "../../base/errors/index.ts";
import { makeFolder } from "../../base/make-folder.ts";
import { type Cover, emitTestFile, pathsFor } from "../../testing/index.ts";
import { namedMachine } from "../catalogue-entry.ts";
import type { CliCommand } from "../command.ts";
import { print, printJson, printLines } from "../context.ts";
import { samplesOf } from "../machine-samples/samples.ts";

const covers: readonly Cover[] = ["states", "transitions", "transition-pairs"];
/** Enough for each machine of the catalogue to have all reachable states and transitions covered. */
const limit = 25_000;

interface Options {
  readonly cover: string;
  readonly emit?: string;
  readonly json?: true;
}

export const command: CliCommand = {
  define(program, context) {
    program
      .command("paths")
      .description("find a small set of event sequences that cover a machine; write them as a test file")
      .argument("<machine>", "run, workstream, task, worker, uet_worker, patch_ledger, test_gate or circuit_breaker")
      .option("--cover <what>", "states, transitions or transition-pairs", "transitions")
      .option("--emit <file>", "write a vitest file instead of printing")
      .option("--json", "one JSON object a path; with --emit one that names the file")
      .action((name: string, options: Options) => {
        const { entity, entry } = namedMachine(name);
        const cover = covers.find((each) => each === options.cover);
        if (cover === undefined) {
          const detail = `it is one of ${covers.join(", ")}`;
          throw new PawlError("CLI_BAD_OPTION", { option: "--cover", value: options.cover, detail, command: "paths" });
        }
        const asked = { cover, ...samplesOf(entity), limit, atLimit: "stop" } as const;
        if (options.emit !== undefined) {
          const machine = { name: `${camel(entity)}Machine`, from: "pawl/machines" };
          const file = resolve(context.cwd, options.emit);
          const text = emitTestFile(entry.machine, { ...asked, machine });
          try {
            makeFolder(dirname(file));
            writeFileSync(file, text);
          } catch (cause) {
            const detail = cause instanceof Error ? cause.message : String(cause);
            const values = { option: "--emit", value: options.emit, detail, command: "paths" };
            throw new PawlError("CLI_BAD_OPTION", values, { cause });
          }
          if (options.json === true) {
            printJson(context, { file });
          } else {
            print(context, `${file} is written.`);
          }
          return;
        }
        const set = pathsFor(entry.machine, asked);
        if (options.json === true) {
          for (const path of set.paths) {
            printJson(context, path);
          }
          return;
        }
        printLines(
          context,
          set.paths.map(({ title }) => title),
        );
        const covered = `${count(set.paths.length, "path")}, ${set.goals.length - set.uncovered.length} of ${set.goals.length} ${cover} covered`;
        printLines(context, [covered, ...set.uncovered.map((goal) => `  not covered: ${goal}`)]);
      });
  },
};

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
