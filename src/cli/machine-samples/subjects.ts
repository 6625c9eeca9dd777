import type { AnyEventObject } from "xstate";
import { catalogue, type EntityType, eventFault, type MachineEntry } from "../../../machines/index.ts";
import { by, gateReport, patchReport, taskReport } from "./reports.ts";

const gateChanged = (to: string) => ({ type: "gate_changed", ...gateReport("p", to) });
const patchChanged = (to: string) => ({ type: "patch_changed", ...patchReport(to) });
const taskChanged = (from: string, to: string, isCritical = false) => ({
  type: "task_changed",
  ...taskReport(from, to, isCritical),
});
const dependency = (id: string, state: string) => ({ type: "dependency_ended", id, state });
const checks = (passed: boolean) => ({ format_passed: passed, scope_passed: true, constraints_passed: true });
const runStarted = (tasks: readonly string[]) => ({
  type: "run_started",
  tasks: tasks.map((task_id) => ({ task_id })),
});
const workstreamChanged = (to: string, is_critical: boolean) => ({
  type: "workstream_changed",
  ws_id: "none",
  from: "executing",
  to,
  is_critical,
  allow_failure: false,
  dependants: [],
  reason: null,
});
const owner = { run_id: "r", ws_id: "w" };

export interface Subject {
  readonly input: (id: string) => unknown;
  /** The events of its walks; every other trigger is sent too, with operator and reason where it takes them. */
  readonly events: readonly AnyEventObject[];
}

/** Each machine alone, with inputs and events that lead along all of its transitions. */
export const subjects: Readonly<Record<EntityType, readonly Subject[]>> = {
  run: [
    {
      input: (id) => ({ run_id: id }),
      events: [
        { type: "orchestrator_started", workstreams: [{ ws_id: "none", depends_on: ["never"], tasks: [] }] },
        workstreamChanged("completed", false),
        workstreamChanged("failed", false),
        workstreamChanged("failed", true),
      ],
    },
  ],
  workstream: [
    {
      input: (id) => ({ run_id: "r", ws_id: id, dependency_timeout_sec: 60 }),
      events: [
        runStarted(["{id}.1"]),
        taskChanged("queued", "running"),
        taskChanged("running", "completed"),
        taskChanged("running", "failed"),
        taskChanged("running", "failed", true),
        patchChanged("quarantined"),
      ],
    },
    {
      input: (id) => ({ run_id: "r", ws_id: id, depends_on: ["w"], dependency_timeout_sec: 60 }),
      events: [runStarted([]), dependency("w", "completed"), dependency("w", "failed")],
    },
    {
      input: (id) => ({ run_id: "r", ws_id: id, depends_on: ["w"] }),
      events: [runStarted(["{id}.1"]), { ...runStarted([]), disabled: true }, dependency("w", "completed")],
    },
  ],
  task: [
    {
      input: (id) => ({ ...owner, task_id: id, max_retries: 2, depends_on: ["d"], gate_dependencies: ["g"] }),
      events: [
        dependency("d", "completed"),
        dependency("d", "failed"),
        dependency("g", "PASSED"),
        dependency("g", "FAILED"),
        { type: "worker_started", worker_id: "w1" },
        { type: "execution_completed", exit_code: 0, patch: { patch_id: "p" }, duration_seconds: 1.25 },
        { type: "execution_completed", exit_code: 0 },
        { type: "execution_failed", exit_code: 1 },
        { type: "execution_failed", signal: "SIGKILL", exit_code: null },
        { type: "nothing_left" },
        patchChanged("committed"),
        patchChanged("quarantined"),
        { type: "validation_failed" },
      ],
    },
    {
      input: (id) => ({ ...owner, task_id: id, max_retries: 0, held: true, gate_dependencies: ["g"] }),
      events: [dependency("g", "FAILED"), dependency("g", "PASSED"), { type: "worker_started", worker_id: "w1" }],
    },
  ],
  worker: [
    {
      input: (id) => ({ worker_id: id, capabilities: ["git"] }),
      events: [
        { type: "registration_complete", capabilities: ["git", "node"] },
        { type: "task_assigned", task_id: "t", needs: ["git"] },
        { type: "task_withdrawn" },
        { type: "health_check_timeout", silent_sec: 121 },
        { type: "max_timeout_exceeded", silent_sec: 301 },
      ],
    },
  ],
  uet_worker: [{ input: () => ({}), events: [] }],
  patch_ledger: [
    {
      input: (id) => ({
        ...owner,
        task_id: "t",
        patch: { patch_id: id },
        verify: [{ name: "unit", gate_type: "UNIT", command: "true" }],
      }),
      events: [
        { type: "validation_passed", ...checks(true) },
        { type: "validation_failed", ...checks(false), reason: "" },
        { type: "validation_failed", ...checks(false), reason: "too long" },
        { type: "policy_violation", reason: "the policy refuses it" },
        { type: "git_apply_failed", reason: "" },
        gateChanged("PASSED"),
        gateChanged("FAILED"),
        { type: "git_commit_succeeded", commit_sha: "abc" },
        { type: "rollback_requested", ...by, compensated: true },
        { type: "workstream_cancelled", reason: "over" },
      ],
    },
  ],
  test_gate: [
    {
      input: (id) => ({
        ...owner,
        set_id: id,
        stage: "verify",
        held: true,
        gate: { name: "unit", gate_type: "UNIT", command: ["npm", "test"], depends_on: ["lint"] },
      }),
      events: [
        dependency("{id}~lint", "PASSED"),
        dependency("{id}~lint", "FAILED"),
        { type: "exit_code_expected", exit_code: 0, stdout_tail: "ok", duration_seconds: 2 },
        { type: "exit_code_unexpected", exit_code: 1 },
        { type: "exit_code_unexpected", exit_code: null, signal: "SIGKILL" },
        { type: "timeout_exceeded" },
      ],
    },
  ],
  circuit_breaker: [
    { input: (id) => ({ tool_id: id, failure_threshold: 2, success_threshold: 2 }), events: [{ type: "call_failed" }] },
  ],
};

/** Whether an event may say who: only then is one refused that says it wrongly, and one taken that says it right. */
function takesPerson(entity: EntityType, type: string): boolean {
  const [wrong, right] = [{ operator: 1 }, by].map((payload) => eventFault(entity, { type, ...payload }));
  return wrong !== undefined && right === undefined;
}

/** The events of a subject, and one of each trigger that the catalogue declares. */
export function eventsOf(entity: EntityType, { events }: Subject, id: string): AnyEventObject[] {
  const given = new Set(events.map(({ type }) => type));
  const { transitions }: MachineEntry = catalogue[entity];
  const triggers = new Set(transitions.map(({ trigger }) => trigger).filter((trigger) => !given.has(trigger)));
  const named = JSON.parse(JSON.stringify(events).replaceAll("{id}", id)) as AnyEventObject[];
  return [...named, ...[...triggers].map((type) => (takesPerson(entity, type) ? { type, ...by } : { type }))];
}
