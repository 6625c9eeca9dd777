import { count } from "../../base/count.ts";
import { runBranch } from "../../pipeline/git/index.ts";
import type { RunTree, TaskLine, WorkstreamLine } from "../../views/runs/index.ts";
import type { CliContext } from "../context.ts";
import { oneLine } from "./one-line.ts";
import { between } from "./time.ts";

/** What a state looks like on a terminal; without colours it is the word alone. */
export type Paint = (state: string) => string;

const tones: Readonly<Record<string, number>> = {
  succeeded: 32,
  completed: 32,
  running: 36,
  executing: 36,
  validating: 36,
  retrying: 33,
  blocked: 33,
  paused: 33,
  skipped: 33,
  failed: 31,
  canceled: 31,
  cancelled: 31,
};

const plain: Paint = (state) => state;
const coloured: Paint = (state) => {
  const tone = tones[state.trim()];
  return tone === undefined ? state : `\u001b[${tone}m${state}\u001b[0m`;
};

/** Colours where a terminal shows them and nobody asked to do without (no-color.org). */
export function paintFor({ stdout, env }: Pick<CliContext, "stdout" | "env">): Paint {
  return stdout.isTTY === true && env["TERM"] !== "dumb" && !env["NO_COLOR"] ? coloured : plain;
}

const errorWidth = 100;

/** A run as lines: itself, its workstreams with how far they are, and the tasks that are worth a line. */
export function runTreeLines({ run, reason, workstreams, commits }: RunTree, nowMs: number, paint: Paint): string[] {
  const time = between(run.started_at, run.completed_at, nowMs);
  const branch = `${count(commits, "commit")}, branch ${runBranch(run.run_id)}`;
  const widest = Math.max(0, ...workstreams.map(({ workstream }) => workstream.length));
  return [
    [run.run_id, paint(run.state), time, branch, reason === null ? "" : shorten(reason)]
      .filter((part) => part !== "")
      .join("  "),
    ...workstreams.flatMap((line) => [
      workstreamLine(line, widest, paint),
      ...line.shown.map((task) => taskLine(task, nowMs, paint)),
    ]),
  ];
}

function workstreamLine(
  { workstream, state, allow_failure, reason, tasks }: WorkstreamLine,
  widest: number,
  paint: Paint,
): string {
  const total = Object.values(tasks).reduce((sum, each) => sum + each, 0);
  const rest = Object.entries(tasks)
    .filter(([name]) => name !== "completed")
    .map(([name, number]) => `${number} ${name}`);
  const done = `${tasks["completed"] ?? 0} of ${count(total, "task")} completed`;
  const allowed = allow_failure && state === "failed" ? " (allowed)" : "";
  const why = reason === null ? "" : `  ${shorten(reason)}`;
  return `  ${workstream.padEnd(widest)}  ${paint(state.padEnd(10))}${allowed}  ${[done, ...rest].join(", ")}${why}`;
}

function taskLine(task: TaskLine, nowMs: number, paint: Paint): string {
  const time = task.state === "running" ? between(task.started_at, null, nowMs) : "";
  const retries = task.retry_count > 0 ? `retry ${task.retry_count} of ${task.max_retries}` : "";
  const error = task.last_error === null ? "" : shorten(task.last_error);
  return `    ${[task.task, paint(task.state), time, retries, error].filter((part) => part !== "").join("  ")}`;
}

function shorten(text: string): string {
  const line = oneLine(text);
  return line.length <= errorWidth ? line : `${line.slice(0, errorWidth - 1)}…`;
}
