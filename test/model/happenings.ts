import { patchId, plannedTask, successorId } from "../../machines/ids.ts";
import type { Happening, Part, Situation } from "./system.ts";

type Event = Happening["event"];

/**
 * All that can happen next: outcomes of effects, timers, workers, and what a person may do.
 *
 * @param byHand whether a person ends tasks, patches and workstreams, too, whatever they are at
 */
export function happenings(situation: Situation, byHand = false): Happening[] {
  return [...situation.parts.values()]
    .filter(({ status }) => status === "active")
    .flatMap((part) => [
      ...eventsFor(part, situation).map((event) => ({ path: part.path, event, byPerson: false })),
      ...[...wishesFor(part, situation), ...(byHand ? endingsOf(part) : [])].map((event) => ({
        path: part.path,
        event: { ...event, ...by },
        byPerson: true,
      })),
    ]);
}

const outcome = (machine: string, state: string, output: unknown): Event => ({
  type: `xstate.done.actor.0.${machine}.${state}`,
  output,
});

function eventsFor(part: Part, situation: Situation): Event[] {
  const { machine, state, value, context, path } = part;
  switch (`${machine} ${state}`) {
    case "task queued":
      return [{ type: "worker_started", worker_id: `worker of ${path}` }];
    case "task running":
      return situation.tool.calls.get(path) === "refused"
        ? [outcome(machine, state, { exit_code: null, error: "the breaker of its tool is open" })]
        : [
            outcome(machine, state, { exit_code: 0, ...patchOf(part, situation) }),
            outcome(machine, state, { exit_code: 1 }),
            { type: "timeout_exceeded" },
          ];
    case "task retrying":
      return [{ type: "retry_delay_elapsed" }];
    case "patch_ledger created":
      return [true, false].map((scope_passed) =>
        outcome(machine, state, {
          format_passed: true,
          scope_passed,
          constraints_passed: true,
          reason: "out of scope",
        }),
      );
    case "patch_ledger queued":
      return [outcome(machine, state, { applied: true }), outcome(machine, state, { applied: false, reason: "no" })];
    case "patch_ledger apply_failed":
      return [{ type: Number(context["apply_attempts"]) < 3 ? "apply_retry" : "auto_quarantine" }];
    case "patch_ledger verified":
      return [outcome(machine, state, { commit_sha: "abc" })];
    case "test_gate RUNNING":
      return [outcome(machine, state, { exit_code: 0 }), outcome(machine, state, { exit_code: 1 })];
    case "workstream validating": {
      const inner = (value as Record<string, string>)["validating"];
      return inner === "checking"
        ? []
        : [
            { type: `xstate.done.actor.0.workstream.validating.${inner}`, output: undefined },
            { type: `xstate.error.actor.0.workstream.validating.${inner}`, error: new Error("conflict") },
          ];
    }
    case "circuit_breaker OPEN":
      return [{ type: "cooldown_expires" }];
    default:
      return [];
  }
}

/** The first task of a workstream changes files. */
function patchOf({ context, path }: Part, { parts }: Situation): { readonly patch?: { readonly patch_id: string } } {
  const task = String(context["task_id"]);
  if (!plannedTask(task).endsWith(".1")) {
    return {};
  }
  const earlier = [...parts.keys()].filter(
    (other) => other.startsWith(`${path}~p`) && !other.includes("/", path.length),
  );
  return { patch: { patch_id: patchId(task, earlier.length + 1) } };
}

/** Why a person does what a person does. */
export const reason = "why";
const by = { operator: "ann", reason };

/** What a person may do. What would go round for ever, a person does once for each task. */
function wishesFor({ machine, state, path, context }: Part, { parts }: Situation): Event[] {
  switch (`${machine} ${state}`) {
    case "run running":
      return [{ type: "user_cancelled" }, { type: "pause_requested" }];
    case "run paused":
      return [{ type: "resume_requested" }, { type: "user_cancelled" }];
    case "workstream executing":
    case "workstream paused":
      return [...parts.values()]
        .filter((task) => task.machine === "task" && task.path.startsWith(`${path}/`))
        .filter((task) => ["failed", "cancelled"].includes(task.state) && task.context["retry_of"] === null)
        .filter((task) => !parts.has(successorId(task.path, 1)))
        .map(({ context: { task_id } }) => ({
          type: "task_redone",
          task_id,
          successor_id: successorId(String(task_id), 1),
        }));
    case "task validating":
      return parts.has(`${path}~p2`) || context["retry_of"] !== null ? [] : [{ type: "override_reset_task" }];
    case "circuit_breaker OPEN":
    case "circuit_breaker HALF_OPEN":
      return [{ type: "override_reset_breaker" }];
    default:
      return [];
  }
}

const endings: Readonly<Record<string, readonly string[]>> = {
  task: ["override_complete_task", "override_fail_task"],
  patch_ledger: ["override_drop_patch"],
  workstream: ["override_fail_workstream"],
};

const endingsOf = ({ machine }: Part): Event[] => (endings[machine] ?? []).map((type) => ({ type }));
