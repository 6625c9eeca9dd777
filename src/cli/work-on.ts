import { optimizeLater } from "../base/optimize-later.ts";
import type { Repository } from "../pipeline/git/index.ts";
import { openRepository } from "../pipeline/git/index.ts";
import { Pipeline, type RunEnd } from "../pipeline/run/index.ts";
import { stateFolderAt } from "../pipeline/state/index.ts";
import type { StoredAuditRow } from "../store/port.ts";
import { type CliContext, interrupted } from "./context.ts";
import type { Reporter } from "./report/reporter.ts";
import { reporterFor } from "./report/reporter-for.ts";
import { type Outcome, printSummary } from "./report/summary.ts";
import { stillThere, type Tidied, tidied } from "./tidied.ts";

export interface WorkOptions {
  readonly state?: string;
  readonly json?: true;
  /** Feed Stately's inspector while the run goes on. */
  readonly inspect?: true;
}

export const inspectOption = ["--inspect", "feed Stately's inspector; prints its address"] as const;

/**
 * Opens the pipeline of the repository around the present folder, has a run begun or found in it, and works on that run
 * until it ends or somebody presses Ctrl-C. Sets the exit status.
 */
export async function workOn(
  context: CliContext,
  options: WorkOptions,
  pick: (pipeline: Pipeline, repository: Repository) => Promise<string>,
): Promise<void> {
  optimizeLater();
  context.goesOnWithoutStdout = true;
  const interrupts = interruptsOf(context);
  try {
    await workUntilInterrupted(context, options, pick, interrupts);
  } finally {
    interrupts.ignore();
  }
}

/** Presses of Ctrl-C, counted from the beginning: one that comes while all is still being opened is not lost. */
interface Interrupts {
  times: number;
  /** Told of each press. */
  listener: (times: number) => void;
  ignore(): void;
}

function interruptsOf(context: CliContext): Interrupts {
  const interrupts: Interrupts = {
    times: 0,
    // What hangs before any work has begun is left as a crash would leave it.
    listener: (times) => (times > 1 ? context.exit(interrupted) : undefined),
    ignore: context.onInterrupt(() => {
      interrupts.times += 1;
      interrupts.listener(interrupts.times);
    }),
  };
  return interrupts;
}

async function workUntilInterrupted(
  context: CliContext,
  options: WorkOptions,
  pick: (pipeline: Pipeline, repository: Repository) => Promise<string>,
  interrupts: Interrupts,
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
    const end = await untilEnd(context, { pipeline, run, reporter, interrupts }).finally(() => feed?.close());
    let tidy: Tidied = { unmerged: [] };
    if (end !== undefined) {
      await pipeline.windDown();
      tidy = await tidied(repository, state, run);
    }
    if (tidy.fault !== undefined) {
      reporter.note(stillThere(tidy.fault));
    }
    reporter.end();
    reporter = undefined;
    const named = options.state;
    await report(context, { state, named, repository, run, end, unmerged: tidy.unmerged, json: options.json === true });
  } finally {
    reporter?.end();
    await pipeline.close();
  }
}

/** @returns how it ended; undefined when it was interrupted and waits for `pawl resume` */
async function untilEnd(
  context: CliContext,
  about: {
    readonly pipeline: Pipeline;
    readonly run: string;
    readonly reporter: Reporter;
    readonly interrupts: Interrupts;
  },
): Promise<RunEnd | undefined> {
  const { pipeline, run, reporter, interrupts } = about;
  // One with nothing to do has ended as it began, and is not gone on with.
  if (interrupts.times > 0 && pipeline.unfinished()?.run === run) {
    return undefined;
  }
  const stopped = new Promise<undefined>((resolve, reject) => {
    interrupts.listener = (times) => {
      if (times === 1) {
        reporter.note("Stopping: nothing new starts, what runs is let finish. Ctrl-C again stops at once.");
        // What finishes meanwhile may find the store full or taken over, which is not how an interruption ends.
        pipeline.windDown().then(() => resolve(undefined), reject);
      } else {
        pipeline.stopNow();
        context.exit(interrupted);
      }
    };
  });
  try {
    return await Promise.race([pipeline.work(run), stopped]);
  } finally {
    interrupts.ignore();
  }
}

async function report(context: CliContext, about: Outcome): Promise<void> {
  await printSummary(context, about);
  context.exitStatus = about.end === undefined ? interrupted : about.end === "succeeded" ? 0 : 1;
}
