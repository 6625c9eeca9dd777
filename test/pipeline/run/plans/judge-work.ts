import { linesOf } from "./deeds.ts";
import type { Known } from "./known.ts";
import type { RandomTask, RandomWorkstream } from "./random-plan.ts";

/** Tasks are executed as often as they must be, one at a time each, no more at once than may be, in a clean worktree. */
export function judgeWork(known: Known): string[] {
  const { notes, place } = known.evidence;
  const words: Record<string, string> = { twice: "ran twice at once", bare: "found no setup" };
  return [
    ...notes.flatMap(({ what, task, attempt, slot }) => [
      ...(words[what] === undefined ? [] : [`${task}, attempt ${attempt}, ${words[what]}`]),
      ...(slot > place.plan.concurrency ? [`${task}, attempt ${attempt}, was number ${slot} at once`] : []),
    ]),
    ...known.workstreams.flatMap((ws) =>
      ws.tasks.flatMap((task) => [...judgeAttempts(known, ws, task), ...judgeFilesSeen(known, ws, task)]),
    ),
  ];
}

function judgeAttempts(known: Known, ws: RandomWorkstream, { name, retries }: RandomTask): string[] {
  const { notes, story, transitions } = known.evidence;
  const starts = notes.filter(({ what, task }) => what === "start" && task === name);
  const ends = transitions.filter(({ id, from }) => id === name && from === "running");
  return starts.flatMap(({ attempt, atMs }) => {
    const end = ends[attempt - 1];
    const times = starts.filter((other) => other.attempt === attempt).length;
    const rules = [
      // One that is just being started when it is cancelled may come to write it down.
      [end === undefined || end.to === "cancelled" || atMs <= end.atMs, "began after its result was recorded"],
      [attempt <= Math.min(retries, ends.length) + 1, "is one too many"],
      [times <= story.stops + 1, `was executed ${times} times, through ${story.stops} stops`],
      [!ws.disabled, "of a disabled workstream"],
    ] as const;
    return rules.filter(([holds]) => !holds).map(([, text]) => `${name}, attempt ${attempt}, ${text}`);
  });
}

/** What a task is given is one commit, nothing more or less, with all that it waited for. */
function judgeFilesSeen(known: Known, ws: RandomWorkstream, task: RandomTask): string[] {
  const commits = [...known.evidence.commits.values()];
  const waitedFor = commits.filter(
    (commit) =>
      task.after.some((id) => commit.task === `${ws.id}.${id}`) ||
      (commit.task !== "" && ws.after.includes(commit.workstream)),
  );
  const seen = known.evidence.seen.filter((each) => each.task === task.name);
  return seen.flatMap(({ tree }) => {
    const same = commits.filter((commit) => linesOf(commit.tree) === linesOf(tree));
    const hasAll = same.some(({ sha }) => {
      const past = known.ancestorsOf(sha);
      return waitedFor.every((commit) => past.has(commit));
    });
    const what = same.length === 0 ? `files of no commit: ${linesOf(tree)}` : "a commit without what it waited for";
    return hasAll ? [] : [`${task.name} was given ${what}`];
  });
}
