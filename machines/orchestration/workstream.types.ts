import type { DependencyEnded, Override, PauseRequested, ResumeRequested, UserCancelled } from "../events.ts";
import type { GateTally, PatchChanged } from "../uet/patch-ledger.types.ts";
import type { GateChanged, GateDefinition } from "../uet/test-gate.types.ts";
import type { PatchAbandoned, PatchCreated, TaskChanged, TaskDefinition } from "./task.types.ts";

/** One workstream of a plan, as the host gives it. §1.3 */
export interface WorkstreamDefinition {
  readonly ws_id: string;
  readonly depends_on?: readonly string[];
  readonly is_critical?: boolean;
  readonly allow_failure?: boolean;
  /** Switched off on purpose: skipped at once. */
  readonly disabled?: boolean;
  /** Longest wait for other workstreams; none: as long as it takes. */
  readonly dependency_timeout_sec?: number;
  readonly tasks: readonly TaskDefinition[];
  /** Gates that tasks wait for. */
  readonly gates?: readonly GateDefinition[];
  /** Gates that each patch must pass. */
  readonly verify?: readonly GateDefinition[];
  /** Gates that the merged tree must pass. */
  readonly final?: readonly GateDefinition[];
}

/** What a workstream makes or leaves when its run has begun; everything else it knows from its start. */
type Contents = "tasks" | "gates" | "disabled";

export interface WorkstreamInput extends Omit<WorkstreamDefinition, Contents> {
  readonly run_id: string;
  readonly dependants?: readonly string[];
}

/** Run to workstream: it makes its tasks now, unless it is switched off. Until then it is `planned`. */
export interface RunStarted extends Pick<WorkstreamDefinition, Contents> {
  readonly type: "run_started";
}

/** Numbers, not lists: the cost of a move does not grow with the number of tasks (I10). */
export interface TaskTally {
  readonly total: number;
  /** Pending, queued or blocked. */
  readonly waiting: number;
  /** Running, validating or retrying. */
  readonly under_way: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Failed tasks with is_critical. */
  readonly critical_failed: number;
  /** Failed or cancelled tasks with allow_failure. */
  readonly forgiven: number;
}

export interface WorkstreamContext {
  readonly ws_id: string;
  readonly run_id: string;
  readonly is_critical: boolean;
  readonly allow_failure: boolean;
  readonly dependency_timeout_sec: number | null;
  readonly dependants: readonly string[];
  readonly waiting_for: readonly string[];
  readonly upstream_ended: string | null;
  /** Every task of the plan is there. */
  readonly tasks_created: boolean;
  readonly verify: readonly GateDefinition[];
  readonly final: readonly GateDefinition[];
  readonly tasks: TaskTally;
  /** Ended tasks that a person has had done again: each has one successor. */
  readonly redone: readonly string[];
  /** Patches under way: neither committed nor at an end. */
  readonly open_patches: number;
  /** Live patches that were quarantined; one of a task that is done again is not live. */
  readonly quarantined: number;
  /** Patches that wait for their turn, and the one that has it. */
  readonly patch_queue: readonly string[];
  readonly patch_active: string | null;
  readonly merge_attempt: number;
  readonly final_gates: GateTally;
  /** The state it was paused in. */
  readonly paused_in: "ready" | "executing" | "validating" | null;
  readonly last_error: string | null;
}

export interface MergeInput {
  readonly run_id: string;
  readonly ws_id: string;
  /** Names this attempt; owns its final gates. */
  readonly merge_id: string;
}

export type WorkstreamEvent =
  | RunStarted
  | { readonly type: "all_tasks_created" }
  | { readonly type: "dependency_not_satisfied" }
  | { readonly type: "dependencies_met" }
  | { readonly type: "explicitly_disabled" }
  | { readonly type: "upstream_not_completed"; readonly reason?: string }
  | { readonly type: "dependency_timeout" }
  | { readonly type: "first_task_started" }
  | { readonly type: "all_tasks_completed" }
  | { readonly type: "critical_task_failed" }
  | { readonly type: "tasks_ended_incomplete" }
  | { readonly type: "patch_quarantined" }
  | { readonly type: "validation_passed" }
  | { readonly type: "validation_failed"; readonly reason?: string }
  | UserCancelled
  | PauseRequested
  | ResumeRequested
  | Override<"override_fail_workstream">
  | TaskRedone
  | TaskChanged
  | PatchCreated
  | PatchAbandoned
  | PatchChanged
  | GateChanged
  | DependencyEnded;

/** A person has an ended task done again: a successor takes its place (I6). */
export interface TaskRedone {
  readonly type: "task_redone";
  readonly task_id: string;
  /** Id of the new task, see `successorId`. */
  readonly successor_id: string;
  readonly operator: string;
  readonly reason: string;
}

/** Workstream to run. */
export interface WorkstreamChanged {
  readonly type: "workstream_changed";
  readonly ws_id: string;
  readonly from: string;
  readonly to: string;
  readonly is_critical: boolean;
  readonly allow_failure: boolean;
  readonly dependants: readonly string[];
  readonly reason: string | null;
}
