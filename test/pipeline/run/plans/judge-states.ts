import { pathsOf, surelyChanges } from "./deeds.ts";
import type { Known } from "./known.ts";
import { fateOf, withEarlier } from "./random-gates.ts";
import type { RandomTask, RandomWorkstream } from "./random-plan.ts";

/**
 * Each state has a reason among those that the README names, and no reason is without its state. Where nothing depends
 * on the order in which things happen, that leaves one answer.
 */
export function judgeStates(known: Known): string[] {
  return [
    ...judgeRun(known),
    ...known.workstreams.flatMap((ws) => [
      ...judgeWorkstream(known, ws),
      ...ws.tasks.flatMap((task) => judgeTask(known, ws, task)),
    ]),
  ];
}

/** Those of `rules` that do not hold, as sentences about `id`. */
function broken(id: string, state: string, rules: readonly (readonly [holds: boolean, text: string])[]): string[] {
  return rules.filter(([holds]) => !holds).map(([, text]) => `${id} is ${state}, ${text}`);
}

function judgeRun(known: Known): string[] {
  const { place, story } = known.evidence;
  const is = known.state(place.run);
  const isGood = ({ id, allowFailure }: RandomWorkstream): boolean =>
    ["completed", "skipped"].includes(known.state(id)) ||
    (allowFailure && ["failed", "cancelled"].includes(known.state(id)));
  const ended = !known.hasCriticalFailure() && known.workstreams.every(isGood) ? "succeeded" : "failed";
  const should = story.wasCancelAccepted ? "canceled" : ended;
  const { args, status } = story.all.at(-1) ?? { args: [], status: null };
  const isEnd = args[0] !== "cancel" && (status === 0 || status === 1);
  return broken(place.run, is, [
    [is === should, `and should be ${should}`],
    [!isEnd || status === (should === "succeeded" ? 0 : 1), `and pawl ended with ${status}`],
  ]);
}

function judgeWorkstream(known: Known, ws: RandomWorkstream): string[] {
  const is = known.state(ws.id);
  const states = ws.tasks.map(({ name }) => known.state(name));
  const isIncomplete = ws.tasks.some(({ name, allowFailure }) => known.state(name) !== "completed" && !allowFailure);
  const before = ws.after.map((id) => known.state(id));
  const finals = withEarlier(ws.final);
  const merge = lastMergeOf(known, ws);
  const verdicts = finals.map((gate) => known.state(`${merge}~${gate}`));
  const conflict = known.evidence.transitions.some(({ id, reason }) => id === ws.id && /does not merge/.test(reason));
  const mayGateFail = finals.some((gate) => ["red", "flaky"].includes(fateOf(gate)) || isBadGate(known, gate));
  const gateFailed = verdicts.includes("FAILED");
  switch (is) {
    case "completed":
      return broken(ws.id, is, [
        [before.every((state) => state === "completed"), `after ${before.join(" ")}`],
        [!ws.disabled, "and disabled"],
        [!isIncomplete && states.every((state) => /^(completed|failed|cancelled)$/.test(state)), states.join(" ")],
        [!hasQuarantine(known, ws), "with a patch in quarantine"],
        [verdicts.every((verdict) => verdict === "PASSED"), `its gates are ${verdicts.join(" ")}`],
        [!finals.some((gate) => fateOf(gate) === "red"), "with a red gate before its merge"],
      ]);
    case "failed":
      return broken(ws.id, is, [
        [isIncomplete || hasQuarantine(known, ws) || conflict || gateFailed, "without a reason"],
        [!conflict || mayConflict(known, ws), "by a conflict where none can be"],
        [!gateFailed || mayGateFail, "by a gate that cannot fail"],
        [!ws.disabled, "and disabled"],
      ]);
    case "skipped":
      return broken(ws.id, is, [
        [ws.disabled || before.some((state) => /^(failed|cancelled|skipped)$/.test(state)), "without a reason"],
      ]);
    case "cancelled":
      return broken(ws.id, is, [[known.isCanceled() || known.hasCriticalFailure(), "without a reason"]]);
    default:
      return broken(ws.id, is, [[false, "which is no end"]]);
  }
}

const hasQuarantine = (known: Known, ws: RandomWorkstream): boolean =>
  ws.tasks.some((task) => known.patchState(task) === "quarantined");

function lastMergeOf(known: Known, ws: RandomWorkstream): string {
  const numbers = [...known.evidence.states.keys()].map((id) => /^(.*)~m(\d+)~/.exec(id));
  return `${ws.id}~m${Math.max(0, ...numbers.map((found) => (found?.[1] === ws.id ? Number(found[2]) : 0)))}`;
}

/** Whether it is the gate that is red where some task made a file `bad`. */
function isBadGate(known: Known, gate: string): boolean {
  const all = known.workstreams.flatMap(({ tasks }) => tasks);
  return fateOf(gate) === "nobad" && all.some(({ steps }) => steps.some(({ kind }) => kind === "bad"));
}

/** Whether another workstream may change the same file. */
function mayConflict(known: Known, ws: RandomWorkstream): boolean {
  const own = new Set(ws.tasks.flatMap(pathsOf));
  const others = known.workstreams.filter((each) => each !== ws).flatMap(({ tasks }) => tasks.flatMap(pathsOf));
  return others.some((path) => own.has(path));
}

function judgeTask(known: Known, ws: RandomWorkstream, task: RandomTask): string[] {
  const { name, failures, retries } = task;
  const is = known.state(name);
  const before = task.after.map((id) => known.state(`${ws.id}.${id}`));
  const gates = task.afterGates.map((gate) => known.state(`${ws.id}~${gate}`));
  const patch = known.patchState(task);
  const verify = withEarlier(ws.verify);
  const verdicts = verify.map((gate) => known.state(`${name}~p1~${gate}`));
  const attempts = known.evidence.transitions.filter(
    ({ id, from, to }) => id === name && from === "running" && to !== "cancelled",
  ).length;
  const waitedFor = [...before, ...gates];
  const began: [boolean, string] = [
    waitedFor.every((state) => state === "completed" || state === "PASSED"),
    `after ${waitedFor.join(" ")}`,
  ];
  const tried: [boolean, string] = [attempts === Math.min(failures, retries) + 1, `after ${attempts} attempts`];
  switch (is) {
    case "completed":
      return broken(name, is, [
        began,
        tried,
        [failures <= retries, "and cannot succeed"],
        [patch === "committed" || (patch === "none" && (task.changesNone || !surelyChanges(task))), `patch ${patch}`],
        [patch === "none" || !task.changesNone, "with a patch"],
        [patch === "none" || verdicts.every((verdict) => verdict === "PASSED"), `its gates are ${verdicts.join(" ")}`],
        [patch === "none" || !verify.some((gate) => fateOf(gate) === "red"), "with a red gate"],
        [patch === "none" || !task.isLimited, "over its limits"],
      ]);
    case "failed":
      return broken(name, is, [
        began,
        tried,
        [failures > retries ? patch === "none" : patch === "quarantined", `without a reason, its patch ${patch}`],
        [patch !== "quarantined" || mayBeRefused(known, ws, task), "by a patch that nothing speaks against"],
      ]);
    case "cancelled":
      return broken(name, is, [
        [
          waitedFor.some((state) => /^(failed|cancelled|FAILED|BLOCKED)$/.test(state)) ||
            known.fellAtOnce(ws) ||
            known.isCanceled(),
          "without a reason",
        ],
        [["none", "dropped", "quarantined"].includes(patch) || known.fellAtOnce(ws), `its patch ${patch}`],
      ]);
    default:
      return broken(name, is, [[is === "none" && known.fellAtOnce(ws), "which is no end"]]);
  }
}

/** Scope, limits, a gate, or a file that another task changed before. */
function mayBeRefused(known: Known, ws: RandomWorkstream, task: RandomTask): boolean {
  const paths = pathsOf(task);
  const failed = withEarlier(ws.verify).filter((gate) => known.state(`${task.name}~p1~${gate}`) === "FAILED");
  if (failed.length > 0) {
    return failed.every((gate) => ["red", "flaky"].includes(fateOf(gate)) || isBadGate(known, gate));
  }
  // One that waited for another starts from all that was merged by then.
  const there = ws.after.length > 0 ? known.workstreams : [ws];
  const others = there.flatMap(({ tasks }) => tasks).filter((other) => other !== task);
  const changed = others.filter((other) => known.state(other.name) === "completed").flatMap(pathsOf);
  return (
    task.isLimited ||
    (task.isScoped && paths.some((path) => !path.startsWith("own/"))) ||
    paths.some((path) => changed.includes(path))
  );
}
