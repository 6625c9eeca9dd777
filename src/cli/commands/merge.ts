import { PawlError } from "../../base/errors/index.ts";
import { mergeRunIntoBase, openRepository, runBranch } from "../../pipeline/git/index.ts";
import { readStoredPlan } from "../../pipeline/state/index.ts";
import { readStoreId } from "../../store/sqlite/open.ts";
import type { CliCommand } from "../command.ts";
import { print, printJson } from "../context.ts";
import { namedRun } from "../entity-name.ts";
import { openReader, type PlaceOptions, stateOption, statePlace } from "../place.ts";

interface Options extends PlaceOptions {
  readonly into?: string;
  readonly force?: true;
  readonly json?: true;
}

export const command: CliCommand = {
  define(program, context) {
    program
      .command("merge")
      .description("bring the commits of a run that succeeded into the branch it started from")
      .argument("[run]", "the run; the last one when left out")
      .option("--into <branch>", "another branch than the plan's base")
      .option("--force", "also when the run did not succeed")
      .option(...stateOption)
      .option("--json", "one JSON object")
      .action(async (name: string | undefined, options: Options) => {
        const state = statePlace(context, options);
        const db = openReader(state);
        const found = (() => {
          try {
            const run = namedRun(db, state.folder, name);
            return { run, store: readStoreId(db), plan: readStoredPlan(db, run.run_id)?.plan };
          } finally {
            db.close();
          }
        })();
        const { run_id: run, state: ended } = found.run;
        if (ended !== "succeeded" && options.force !== true) {
          throw new PawlError("RUN_NOT_SUCCEEDED", { run, state: ended, branch: runBranch(run) });
        }
        const repository = await openRepository(context.cwd, { clock: context.clock });
        try {
          // HEAD is the present branch only where it is asked for now: that of the run may have been another.
          const asked = options.into === "HEAD" ? (repository.head.branch ?? "HEAD") : options.into;
          const into = asked ?? found.plan?.base ?? "";
          const result = await mergeRunIntoBase(repository, { run, store: found.store, base: into });
          if (options.json === true) {
            printJson(context, { run, into, ...result });
          } else if (result.kind === "already") {
            print(context, `${into} contains ${runBranch(run)} already.`);
          } else {
            const how = result.kind === "merge" ? "by a merge commit" : "by a fast-forward";
            print(context, `${into} is at ${result.commit.slice(0, 12)} now, ${how}.`);
          }
        } finally {
          repository.close();
        }
      });
  },
};
