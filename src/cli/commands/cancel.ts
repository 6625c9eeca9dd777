import { userInfo } from "node:os";
import { PawlError } from "../../base/errors/index.ts";
import { openRepository } from "../../pipeline/git/index.ts";
import { leaveRequest, Pipeline } from "../../pipeline/run/index.ts";
import { stateFolderAt } from "../../pipeline/state/index.ts";
import type { CliCommand } from "../command.ts";
import { type CliContext, print, printJson } from "../context.ts";
import { namedRun } from "../entity-name.ts";
import { openReader, type PlaceOptions, stateOption } from "../place.ts";

interface Options extends PlaceOptions {
  readonly operator?: string;
  readonly reason?: string;
  readonly json?: true;
}

const lookEveryMs = 100;
const waitAtMostMs = 30_000;

export const command: CliCommand = {
  define(program, context) {
    program
      .command("cancel")
      .description("stop a run for good, down to its commands; another process may be working on it")
      .argument("[run]", "the run; the last one when left out")
      .option("--operator <name>", "who stops it; the user of this system when left out")
      .option("--reason <text>", "why")
      .option(...stateOption)
      .option("--json", "one JSON object")
      .action(async (name: string | undefined, options: Options) => {
        const repository = await openRepository(context.cwd, { clock: context.clock });
        const state = stateFolderAt(repository.root, options.state, context.cwd);
        const db = openReader(state);
        try {
          const { run_id: run, completed_at, state: found } = namedRun(db, state.folder, name);
          if (completed_at !== null) {
            throw new PawlError("RUN_ENDED", { run, state: found });
          }
          const operator = options.operator ?? userInfo().username;
          const { reason } = options;
          try {
            const pipeline = await Pipeline.open({
              repository,
              state,
              clock: context.clock,
              ids: context.ids,
              env: context.env,
            });
            try {
              await pipeline.cancel(run, { operator, reason });
            } finally {
              await pipeline.close();
            }
          } catch (error) {
            if (!(error instanceof PawlError && error.code === "STORE_IN_USE")) {
              throw error;
            }
            const id = context.ids.next(context.clock.now());
            const event = { type: "user_cancelled", operator, ...(reason !== undefined && { reason }) } as const;
            await leaveRequest(state.inbox, { id, run, event });
          }
          const ended = await stateAtEnd(context, () => namedRun(db, state.folder, run));
          if (options.json === true) {
            printJson(context, { run, state: ended ?? "asked" });
          } else {
            print(
              context,
              ended === undefined ? `${run} was asked to stop, and has not ended yet.` : `${run} is ${ended}.`,
            );
          }
        } finally {
          db.close();
          repository.close();
        }
      });
  },
};

async function stateAtEnd(
  { clock }: CliContext,
  look: () => { readonly state: string; readonly completed_at: string | null },
): Promise<string | undefined> {
  const until = clock.monotonic() + waitAtMostMs;
  for (;;) {
    const { state, completed_at } = look();
    if (completed_at !== null) {
      return state;
    }
    if (clock.monotonic() >= until) {
      return undefined;
    }
    await new Promise<void>((resolve) => clock.setTimeout(resolve, lookEveryMs));
  }
}
