import { gateId, taskId } from "../../../machines/ids.ts";
import type { TaskDefinition } from "../../../machines/orchestration/task.types.ts";
import type { WorkstreamDefinition } from "../../../machines/orchestration/workstream.types.ts";
import type { GateDefinition } from "../../../machines/uet/test-gate.types.ts";
import type { Command, Gate, Plan, Task, Workstream } from "../../plan/index.ts";

/** The longest wait before a retry, whatever the backoff grows to. §1.4 */
const longestBackoffSec = 60;

/** What a plan means to the machines: the workstreams of `orchestrator_started`. */
export function workstreamDefinitions(plan: Plan): WorkstreamDefinition[] {
  const gates = new Map(plan.gates.map((gate) => [gate.id, gate]));
  return plan.workstreams.map((workstream) => workstreamDefinition(workstream, gates));
}

function workstreamDefinition(workstream: Workstream, gates: ReadonlyMap<string, Gate>): WorkstreamDefinition {
  const set = (ids: readonly string[]): GateDefinition[] =>
    ids.flatMap((id) => {
      const gate = gates.get(id);
      return gate === undefined ? [] : [gateDefinition(gate, ids)];
    });
  return {
    ws_id: workstream.id,
    depends_on: workstream.dependsOn,
    is_critical: workstream.critical,
    allow_failure: workstream.allowFailure,
    disabled: workstream.disabled,
    ...(workstream.dependencyTimeoutMs !== null && {
      dependency_timeout_sec: workstream.dependencyTimeoutMs / 1000,
    }),
    tasks: workstream.tasks.map((task) => taskDefinition(workstream.id, task)),
    gates: set(workstream.preconditions),
    verify: set(workstream.verify),
    final: set(workstream.final),
  };
}

function taskDefinition(workstream: string, task: Task): TaskDefinition {
  const initial = task.retries.backoffMs / 1000;
  return {
    task_id: taskId(workstream, task.id),
    depends_on: task.dependsOn.map((id) => taskId(workstream, id)),
    gate_dependencies: task.gateDependencies.map((id) => gateId(workstream, id)),
    is_critical: task.critical,
    allow_failure: task.allowFailure,
    max_retries: task.retries.max,
    timeout_sec: task.timeoutMs / 1000,
    backoff: { initial_sec: initial, factor: 2, max_sec: Math.max(initial, longestBackoffSec) },
    expected_exit_codes: [task.kind === "patch" ? 0 : task.expectedExitCode],
  };
}

function gateDefinition(gate: Gate, set: readonly string[]): GateDefinition {
  return {
    name: gate.id,
    gate_type: gate.type,
    command: commandOf(gate.run),
    expected_exit_code: gate.expectedExitCode,
    timeout_sec: gate.timeoutMs / 1000,
    depends_on: gate.dependsOn.filter((id) => set.includes(id)),
  };
}

/** A command as it is run: text for `sh -c`, or a list. */
export function commandOf(command: Command): string | readonly string[] {
  return command.kind === "shell" ? command.text : command.args;
}
