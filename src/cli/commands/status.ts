import { listRuns, processAtWork, type RunTree, runTree, type WorkingProcess } from "../../views/runs/index.ts";
import type { CliCommand } from "../command.ts";
import { print, printJson, printLines } from "../context.ts";
import { namedRun } from "../entity-name.ts";
import { openReader, type PlaceOptions, stateOption, statePlace } from "../place.ts";
import { inState } from "../show/in-state.ts";
import { paintFor, runTreeLines } from "../show/run-tree.ts";
import { between } from "../show/time.ts";
import { printNext, waysOnOfLeft } from "../show/way-on.ts";

export const command: CliCommand = {
  define(program, context) {
    program
      .command("status")
      .description("show a run with its workstreams and the tasks that matter now")
      .argument("[run]", "the run; the last one when left out")
      .option("--all", "every task, not only those at work and those that ended badly")
      .option("--runs", "a list of all runs instead")
      .option(...stateOption)
      .option("--json", "one JSON object a line")
      .action((name: string | undefined, options: PlaceOptions & { all?: true; runs?: true; json?: true }) => {
        const state = statePlace(context, options);
        const db = openReader(state);
        const paint = paintFor(context);
        const now = context.clock.now();
        try {
          if (options.runs === true) {
            for (const run of listRuns(db)) {
              const time = between(run.started_at, run.completed_at, now);
              if (options.json === true) {
                printJson(context, run);
              } else {
                print(context, `${run.run_id}  ${paint(run.state)}  ${run.created_at}  ${time}`);
              }
            }
            return;
          }
          const tree = runTree(db, namedRun(db, state.folder, name), { all: options.all === true });
          const isOver = tree.run.completed_at !== null;
          const process = isOver ? null : processAtWork(db, now);
          if (options.json === true) {
            printJson(context, { ...tree, process } satisfies RunTree & { process: WorkingProcess | null });
            return;
          }
          printLines(context, runTreeLines(tree, now, paint));
          if (process === null && !isOver) {
            print(context, "no process works on it");
            const steps = waysOnOfLeft(tree.run.run_id);
            printNext(
              context,
              steps.map((step) => inState(step, options.state)),
            );
          }
        } finally {
          db.close();
        }
      });
  },
};
