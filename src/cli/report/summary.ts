import { commitsOf, type Repository, runBranch } from "../../pipeline/git/index.ts";
import type { RunEnd } from "../../pipeline/run/index.ts";
import { readStoredPlan, type StateFolder } from "../../pipeline/state/index.ts";
import { openSqliteReader } from "../../store/sqlite/open.ts";
import { listRuns, runTree, type WorkstreamLine } from "../../views/runs/index.ts";
import { type CliContext, print, printJson, printLines } from "../context.ts";
import { inState } from "../show/in-state.ts";
import { oneLine } from "../show/one-line.ts";
import { paintFor, runTreeLines } from "../show/run-tree.ts";
import { logOfBranch, printNext, whatWentWrong } from "../show/way-on.ts";

const commitsShown = 50;

/** How the work on a run ended. */
export interface Outcome {
  readonly state: StateFolder;
  /** The state folder as the caller named it; undefined for the usual one. */
  readonly named: string | undefined;
  readonly repository: Repository;
  readonly run: string;
  /** Undefined when it was interrupted. */
  readonly end: RunEnd | undefined;
  /** Branches of workstreams with commits that were not merged. */
  readonly unmerged: readonly string[];
  readonly json: boolean;
}

/** The last words of `pawl run`: the run, its commits, and where to look next. */
export async function printSummary(context: CliContext, about: Outcome): Promise<void> {
  const { state, repository, run, end } = about;
  const db = openSqliteReader(state.database);
  try {
    const summary = listRuns(db).find(({ run_id }) => run_id === run);
    const base = readStoredPlan(db, run)?.base;
    const tip = await repository.commit(`refs/heads/${runBranch(run)}`);
    if (summary === undefined || base === undefined) {
      return;
    }
    const tree = runTree(db, summary);
    // A branch that somebody deleted has no commits to show; how the run ended is said all the same.
    const all = tip === null ? [] : await commitsOf(repository, { from: base, to: tip });
    const commits = all.filter(({ parents }) => parents.length < 2);
    const unmerged = about.unmerged.map((branch) => logOfBranch(tip === null ? base : runBranch(run), branch));
    const steps = nextSteps(run, end, commits.length > 0, tree.workstreams.flatMap(failedIn), unmerged);
    const next = steps.map((step) => inState(step, about.named));
    if (about.json) {
      printJson(context, { ...tree, interrupted: end === undefined, branch: runBranch(run), merged: commits, next });
      return;
    }
    print(context, "");
    printLines(context, runTreeLines(tree, context.clock.now(), paintFor(context)));
    if (commits.length > 0) {
      print(context, "");
      print(context, `commits on ${runBranch(run)}`);
      const shown = commits.slice(-commitsShown);
      printLines(
        context,
        shown.map(({ commit, subject }) => `  ${commit.slice(0, 10)}  ${oneLine(subject)}`),
      );
    }
    print(context, "");
    printNext(context, next);
  } finally {
    db.close();
  }
}

/** Its tasks that failed; itself, where none did: a gate before its merge, for example. */
function failedIn({ workstream, state, shown }: WorkstreamLine): string[] {
  const tasks = shown.filter(({ state: ended }) => ended === "failed").map(({ task }) => task);
  return tasks.length === 0 && state === "failed" ? [workstream] : tasks;
}

function nextSteps(
  run: string,
  end: RunEnd | undefined,
  hasCommits: boolean,
  failed: readonly string[],
  unmerged: readonly string[],
): string[] {
  const looks = [
    ...failed.slice(0, 3).map(whatWentWrong),
    ...unmerged.slice(0, 3).map((log) => `${log}  prints the commits that were not merged`),
    `pawl events ${run}  prints every transition`,
  ];
  if (end === undefined) {
    return [`pawl resume ${run}  goes on with it`, ...looks];
  }
  return end === "succeeded" && hasCommits ? [`pawl merge ${run}  brings the commits into the base`, ...looks] : looks;
}
