import { userInfo } from "node:os";
import { PawlError } from "../base/errors/index.ts";
import { openRepository } from "../pipeline/git/index.ts";
import { askRunning, type Intervention, Pipeline, withdrawRequest } from "../pipeline/run/index.ts";
import { stateFolderAt } from "../pipeline/state/index.ts";
import type { RunSummary } from "../views/runs/index.ts";
import { type CliContext, interrupted } from "./context.ts";
import { namedRun } from "./entity-name.ts";
import { openReader, type PlaceOptions } from "./place.ts";
import { inState } from "./show/in-state.ts";
import { stillThere, type Tidied, tidied } from "./tidied.ts";

const answerWithinMs = 30_000;
/** Who had the store may have been somebody like us, and be gone. */
const lookAgainMs = 2_000;

/** Who asks, where the command line does not say. */
export function thisUser(env: CliContext["env"]): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number that no account has.
    return env["USER"] || env["LOGNAME"] || `uid ${process.getuid?.()}`;
  }
}

/**
 * Has an intervention carried out by whoever works on the run, be it another process or, when nobody does, this one.
 * @returns the run as it is afterwards
 * @throws PawlError RUN_ENDED, NOBODY_ANSWERED, ANSWER_OVERDUE, and what the intervention is refused with
 */
export async function haveDone(
  context: CliContext,
  options: PlaceOptions,
  runName: string | undefined,
  asked: Intervention,
): Promise<RunSummary> {
  const { clock, ids, env } = context;
  const repository = await openRepository(context.cwd, { clock });
  const state = stateFolderAt(repository.root, options.state, context.cwd);
  const db = openReader(state);
  let heedNoMore = (): void => undefined;
  try {
    const { run_id: run, completed_at, state: found } = namedRun(db, state.folder, runName);
    // An override of what has ended is refused by its machine, and the attempt goes into the log.
    if (completed_at !== null && asked.kind === "cancel") {
      throw new PawlError("RUN_ENDED", { run, state: found });
    }
    const id = ids.next(clock.now());
    heedNoMore = context.onInterrupt(() => {
      // Left where it lies, it would be done once the other process looks, or by the next one.
      const said = withdrawRequest(state.inbox, id)
        ? "what was asked is withdrawn, nothing was done"
        : `what was asked may be done all the same; pawl events ${run} shows whether it was`;
      context.stderr.write(`note: ${inState(said, options.state)}\n`);
      context.exit(interrupted);
    });
    const giveUpAt = clock.monotonic() + answerWithinMs;
    for (let isDone = false; !isDone; ) {
      const pipeline = await openUnlessInUse(() =>
        Pipeline.open({ repository, state, clock, ids, env, toCancel: asked.kind === "cancel" }),
      );
      if (pipeline === undefined) {
        isDone = await isTaken(askRunning(state.inbox, { id, run, asked }, waits(clock)));
        if (!isDone && clock.monotonic() >= giveUpAt) {
          throw new PawlError("NOBODY_ANSWERED", { run, seconds: answerWithinMs / 1000 });
        }
      } else {
        const tidy = await carryOut(pipeline, run, asked, id, () => tidied(repository, state, run));
        if (tidy?.fault !== undefined) {
          context.stderr.write(`${stillThere(tidy.fault)}\n`);
        }
        isDone = true;
      }
    }
    return namedRun(db, state.folder, run);
  } finally {
    heedNoMore();
    db.close();
    repository.close();
  }
}

const waits = (clock: CliContext["clock"]) => ({ clock, waitMs: answerWithinMs, takenWithinMs: lookAgainMs });

/** False when nobody took what was asked. */
async function isTaken(asking: Promise<void>): Promise<boolean> {
  try {
    await asking;
    return true;
  } catch (error) {
    if (error instanceof PawlError && error.code === "NOBODY_ANSWERED") {
      return false;
    }
    throw error;
  }
}

/** @returns what came of tidying a run that has ended by it; undefined where it goes on */
async function carryOut(
  pipeline: Pipeline,
  run: string,
  asked: Intervention,
  id: string,
  tidy: () => Promise<Tidied>,
): Promise<Tidied | undefined> {
  try {
    await pipeline.intervene(run, asked, id);
    return pipeline.runs().find((each) => each.run === run)?.status === "active" ? undefined : await tidy();
  } finally {
    await pipeline.close();
  }
}

async function openUnlessInUse(open: () => Promise<Pipeline>): Promise<Pipeline | undefined> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof PawlError && error.code === "STORE_IN_USE") {
      return undefined;
    }
    throw error;
  }
}
