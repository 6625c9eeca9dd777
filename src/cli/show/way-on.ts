import { runBranch, workstreamBranch } from "../../pipeline/git/index.ts";
import type { EntityDetail } from "../../views/runs/index.ts";
import { type CliContext, printLines } from "../context.ts";

/** Ids in it are as commands are to name them. */
interface Known {
  readonly hasLogs: boolean;
  /** The gates that it waited for in vain, that failed on its patches, or before its merge. */
  readonly failedGates: readonly { readonly id: string; readonly hasLogs: boolean }[];
  /** Ids of what kept it from its work. */
  readonly blamed: readonly string[];
  /** Ids of its patches that were quarantined. */
  readonly quarantined: readonly string[];
  /** The run that it belongs to. */
  readonly run: string;
  /** Commits of a workstream; 0 for anything else. */
  readonly commits: number;
  /** Whether a process works on the run. */
  readonly isAtWork: boolean;
}

/** The command that prints what a workstream's branch has and the run's, or what that began from, has not. */
export function logOfBranch(merged: string, branch: string): string {
  return `git log ${merged}..${branch}`;
}

/** Of an entity that failed, or waited in vain. */
export const whatWentWrong = (id: string): string => `pawl show ${id}  says what went wrong`;

/** One that printed nothing has nothing to show. */
const whatGatesSaid = ({ failedGates }: Known): string[] =>
  failedGates
    .filter(({ hasLogs }) => hasLogs)
    .map(({ id }) => `pawl logs ${id}  prints all that is kept of what the gate said`);

const notMerged: ReadonlySet<string> = new Set(["failed", "cancelled", "skipped"]);

/**
 * What somebody who looks at an entity may want to do next, a step a line.
 *
 * @param id the entity as commands are to name it
 */
export function wayOn({ entity_type: type, id: rowId, row }: EntityDetail, id: string, known: Known): string[] {
  const state = String(row["state"]);
  if (type === "task" && (state === "failed" || (state === "cancelled" && known.failedGates.length > 0))) {
    return [
      ...(known.hasLogs ? [`pawl logs ${id}  prints all that is kept of its output`] : []),
      ...whatGatesSaid(known),
      ...known.quarantined.map((patch) => `pawl show ${patch} --patch  prints the patch that was quarantined`),
      "mend what it reports, in the plan or in the repository, and start a new run: pawl run PLAN",
    ];
  }
  if (type === "patch_ledger" && state === "quarantined") {
    return [
      `pawl show ${id} --patch  prints the patch`,
      "mend it, or the gate that it broke, and start a new run: pawl run PLAN",
    ];
  }
  if (type === "test_gate" && state === "FAILED") {
    return known.hasLogs ? [`pawl logs ${id}  prints all that is kept of its output`] : [];
  }
  if ((type === "task" && state === "cancelled") || (type === "test_gate" && state === "BLOCKED")) {
    return known.blamed.map(whatWentWrong);
  }
  if (type === "workstream" && notMerged.has(state)) {
    const log = logOfBranch(runBranch(known.run), workstreamBranch(known.run, rowId.slice(known.run.length + 1)));
    return [
      ...known.blamed.map(whatWentWrong),
      ...whatGatesSaid(known),
      ...(known.commits > 0 ? [`${log}  prints its commits, which were not merged`] : []),
    ];
  }
  if (type === "run") {
    return state === "succeeded"
      ? [`pawl merge ${id}  brings its commits into the base`]
      : state === "failed" || state === "canceled"
        ? [...known.blamed.map(whatWentWrong), `pawl status ${id} --all  shows which tasks did not complete`]
        : known.isAtWork
          ? [cancels(id)]
          : waysOnOfLeft(id);
  }
  return [];
}

const cancels = (run: string): string => `pawl cancel ${run}  ends it`;

/** Of a run that has not ended, and that no process works on. */
export const waysOnOfLeft = (run: string): string[] => [`pawl resume ${run}  goes on with it`, cancels(run)];

/** Prints what wayOn gives; nothing where there is nothing to do. */
export function printNext(context: CliContext, steps: readonly string[]): void {
  printLines(context, steps.length === 0 ? [] : ["next", ...steps.map((step) => `  ${step}`)]);
}
