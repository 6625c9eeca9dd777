import type { Repository } from "../pipeline/git/index.ts";
import { openRepository } from "../pipeline/git/index.ts";
import { Pipeline, type RunEnd, tidyRun } from "../pipeline/run/index.ts";
import { type StateFolder, stateFolderAt } from "../pipeline/state/index.ts";
import type { StoredAuditRow } from "../store/port.ts";
import type { CliContext } from "./context.ts";
import type { Reporter } from "./report/reporter.ts";
import { reporterFor } from "./report/reporter-for.ts";
import { printSummary } from "./report/summary.ts";

export interface WorkOptions {
  readonly state?: string;
  readonly json?: true;
  /** Feed Stately's inspector while the run goes on. */
  readonly inspect?: true;
}

export const inspectOption = ["--inspect", "feed Stately's inspector; prints its address"] as const;

const interrupted = 130;

/**
 * Opens the pipeline of the repository around the present folder, has a run begun or found in it, and works on that run
 * until it ends or somebody presses Ctrl-C. Sets the exit status.
 */
export async function workOn(
  context: CliContext,
  options: WorkOptions,
  pick: (pipeline: Pipeline, repository: Repository) => Promise<string>,
): Promise<void> {
  const repository = await openRepository(context.cwd, { clock: context.clock });
  const state = stateFolderAt(repository.root, options.state, context.cwd);
  let reporter: Reporter | undefined;
  const before: StoredAuditRow[] = [];
  const pipeline = await Pipeline.open({
    repository,
    state,
    clock: context.clock,
    ids: context.ids,
    env: context.env,
    onTransition: (audit) => (reporter === undefined ? before.push(audit) : reporter.transition(audit)),
  });
  try {
    const last = pipeline.runs().at(-1);
    if (last !== undefined && last.status !== "active") {
      // Its process may have been killed before it came to that.
      await tidied(repository, state, last.run);
    }
    const run = await pick(pipeline, repository);
    reporter = reporterFor(context, { json: options.json === true, run, database: state.database });
    for (const { text } of repository.notices) {
      reporter.note(`note: ${text}`);
    }
    for (const audit of before) {
      reporter.transition(audit);
    }
    const feed = options.inspect === true ? await pipeline.inspect() : undefined;
    if (feed !== undefined) {
      reporter.note(`inspector: ${feed.url}`);
    }
    const end = await untilEnd(context, pipeline, run, reporter).finally(() => feed?.close());
    let tidy: Tidied = { kept: [] };
    if (end !== undefined) {
      await pipeline.windDown();
      tidy = await tidied(repository, state, run);
    }
    if (tidy.fault !== undefined) {
      reporter.note(`note: what the run needs no more is still there, until the next pawl run: ${tidy.fault}`);
    }
    reporter.end();
    reporter = undefined;
    await report(context, { state, repository, run, end, kept: tidy.kept, json: options.json === true });
  } finally {
    reporter?.end();
    await pipeline.close();
  }
}

interface Tidied {
  /** Branches of workstreams that stay. */
  readonly kept: readonly string[];
  /** Why not all was taken away. */
  readonly fault?: string;
}

/** No fault of it changes how the run ended. */
async function tidied(repository: Repository, state: StateFolder, run: string): Promise<Tidied> {
  try {
    return { kept: await tidyRun(repository, state, run) };
  } catch (error) {
    return { kept: [], fault: error instanceof Error ? error.message : String(error) };
  }
}

/** @returns how it ended; undefined when it was interrupted and waits for `pawl resume` */
async function untilEnd(
  context: CliContext,
  pipeline: Pipeline,
  run: string,
  reporter: Reporter,
): Promise<RunEnd | undefined> {
  let askedToStop: (() => void) | undefined;
  const stopped = new Promise<undefined>((resolve) => {
    askedToStop = () => resolve(undefined);
  });
  let times = 0;
  const ignore = context.onInterrupt(() => {
    times += 1;
    if (times === 1) {
      reporter.note("Stopping: nothing new starts, what runs is let finish. Ctrl-C again stops at once.");
      void pipeline.windDown().finally(askedToStop);
    } else {
      pipeline.stopNow();
      context.exit(interrupted);
    }
  });
  try {
    return await Promise.race([pipeline.work(run), stopped]);
  } finally {
    ignore();
  }
}

async function report(
  context: CliContext,
  about: {
    readonly state: StateFolder;
    readonly repository: Repository;
    readonly run: string;
    readonly end: RunEnd | undefined;
    readonly kept: readonly string[];
    readonly json: boolean;
  },
): Promise<void> {
  await printSummary(context, about);
  context.exitStatus = about.end === undefined ? interrupted : about.end === "succeeded" ? 0 : 1;
}
