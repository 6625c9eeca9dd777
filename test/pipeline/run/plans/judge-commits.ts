import { linesOf, treeAfter } from "./deeds.ts";
import type { Commit } from "./evidence.ts";
import type { Known } from "./known.ts";
import { withEarlier } from "./random-gates.ts";
import type { RandomTask, RandomWorkstream } from "./random-plan.ts";

/** One commit for each patch that was accepted, which does what its task does; merges as git makes them; no more. */
export function judgeCommits(known: Known): string[] {
  const { commits, place, references } = known.evidence;
  const merged = known.ancestorsOf(references.get(`refs/heads/pawl/${place.run}`));
  return [
    ...known.workstreams.flatMap((ws) => [
      ...judgeMerges(known, ws, merged),
      ...ws.tasks.flatMap((task) => judgeTaskCommits(known, ws, task, merged)),
    ]),
    ...judgeReferences(known, merged),
    ...[...commits.values()]
      .filter(
        ({ task, workstream, sha }) => task === "" && workstream === "" && sha !== references.get("refs/heads/main"),
      )
      .map(({ sha, subject }) => `commit ${sha}, ${subject}, is nobody's`),
  ];
}

function judgeTaskCommits(known: Known, ws: RandomWorkstream, task: RandomTask, merged: ReadonlySet<Commit>): string[] {
  const made = [...known.evidence.commits.values()].filter((commit) => commit.task === task.name);
  const isCommitted = known.patchState(task) === "committed";
  const isMerged = made.some((commit) => merged.has(commit));
  const isRemoved = known.isCanceled() && made.length === 0;
  return [
    ...(made.length === Number(isCommitted) || isRemoved
      ? []
      : [`${task.name} has ${made.length} commits, its patch is ${known.patchState(task)}`]),
    ...(isMerged === (isCommitted && known.state(ws.id) === "completed")
      ? []
      : [`${task.name} is ${isMerged ? "" : "not "}in the run's branch, ${ws.id} is ${known.state(ws.id)}`]),
    ...made.flatMap((commit) => judgeCommit(known, ws, task, commit)),
  ];
}

function judgeCommit(known: Known, ws: RandomWorkstream, task: RandomTask, commit: Commit): string[] {
  const { commits } = known.evidence;
  const before = commits.get(commit.parents[0] ?? "")?.tree ?? new Map<string, string>();
  const changed = [...new Set([...before.keys(), ...commit.tree.keys()])].filter(
    (path) => before.get(path) !== commit.tree.get(path),
  );
  const rules = [
    [commit.parents.length === 1, "has not one parent"],
    [
      commit.ledger === known.patchOf(task) && commit.workstream === ws.id,
      `names ${commit.workstream} ${commit.ledger}`,
    ],
    [linesOf(commit.tree) === linesOf(treeAfter(task, before)), `is not what the task does, but ${changed.join(" ")}`],
    [changed.length > 0, "changes nothing"],
    [!task.isScoped || changed.every((path) => path.startsWith("own/")), "is out of its scope"],
    [!isRefusedAsBad(ws.verify, commit), "has passed a gate that it cannot pass"],
    [
      task.how !== "mail" || `${commit.author}: ${commit.subject}` === `Pat: Mail of ${task.name}`,
      "is not that of its mail",
    ],
  ] as const;
  return rules.filter(([holds]) => !holds).map(([, text]) => `the commit ${commit.sha} of ${task.name} ${text}`);
}

const isRefusedAsBad = (gates: readonly string[], { tree }: Commit): boolean =>
  withEarlier(gates).includes("nobad") && tree.has("bad");

function judgeMerges(known: Known, ws: RandomWorkstream, merged: ReadonlySet<Commit>): string[] {
  const merges = [...merged].filter(({ workstream, task }) => workstream === ws.id && task === "");
  const isCompleted = known.state(ws.id) === "completed";
  return [
    ...(merges.length <= Number(isCompleted)
      ? []
      : [`${ws.id} is ${known.state(ws.id)}, with ${merges.length} merges`]),
    ...merges.filter((merge) => isRefusedAsBad(ws.final, merge)).map(({ sha }) => `the merge ${sha} has passed a gate`),
    ...merges
      .filter((merge) => !isWhatGitMakes(known, merge))
      .map(({ sha }) => `the merge ${sha} is not what git makes`),
  ];
}

function isWhatGitMakes({ evidence: { place } }: Known, { sha, parents }: Commit): boolean {
  try {
    return place.git("merge-tree", "--write-tree", ...parents) === place.git("rev-parse", `${sha}^{tree}`);
  } catch {
    return false;
  }
}

/** Of the workstreams those are left that have commits which were not merged. */
function judgeReferences(known: Known, merged: ReadonlySet<Commit>): string[] {
  const { commits, place, references } = known.evidence;
  const own = new Set(["refs/heads/main", `refs/heads/pawl/${place.run}`]);
  return [...references].flatMap(([name, sha]) => {
    const [, ws = ""] = /^refs\/heads\/pawl-work\/[^/]+\/(.*)$/.exec(name) ?? [];
    const isKept = known.workstreams.some(({ id }) => id === ws) && !merged.has(commits.get(sha) as Commit);
    return own.has(name) || isKept ? [] : [`${name} is left`];
  });
}
