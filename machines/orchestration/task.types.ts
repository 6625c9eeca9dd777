import type { DependencyEnded, Override, UserCancelled, WorkstreamPaused, WorkstreamReady } from "../events.ts";
import type { PatchChanged, PatchRef } from "../uet/patch-ledger.types.ts";

/** How long a failed task waits before it is queued again: `initial_sec * factor^(retries so far)`, at most `max_sec`. */
export interface Backoff {
  readonly initial_sec: number;
  readonly factor: number;
  readonly max_sec: number;
}

/** One task of a plan, as the host gives it. Ids are those of `taskId` and `gateId`. §1.4 */
export interface TaskDefinition {
  readonly task_id: string;
  /** Ids of tasks of the same workstream. */
  readonly depends_on?: readonly string[];
  /** Ids of the workstream's gates that must have passed first. */
  readonly gate_dependencies?: readonly string[];
  readonly is_critical?: boolean;
  readonly allow_failure?: boolean;
  /** Default 3. */
  readonly max_retries?: number;
  /** Default 1800. */
  readonly timeout_sec?: number;
  /** Default 1 s, doubled, at most 60 s. */
  readonly backoff?: Backoff;
  /** Default [0]. */
  readonly expected_exit_codes?: readonly number[];
  /** What a worker must be able to do. */
  readonly capabilities?: readonly string[];
  /** The ended task that this one does again (I6). */
  readonly retry_of?: string;
  /** The first of the line of successors: what dependants wait for. Default: its own id. */
  readonly answers_for?: string;
}

export interface TaskInput extends TaskDefinition {
  readonly run_id: string;
  readonly ws_id: string;
  /** Ids of the tasks that wait for this one. */
  readonly dependants?: readonly string[];
  /** Waits for `workstream_ready` before it may be queued. */
  readonly held?: boolean;
}

export interface TaskContext {
  readonly task_id: string;
  readonly run_id: string;
  readonly ws_id: string;
  readonly answers_for: string;
  readonly retry_of: string | null;
  readonly is_critical: boolean;
  readonly allow_failure: boolean;
  readonly capabilities: readonly string[];
  readonly expected_exit_codes: readonly number[];
  readonly max_retries: number;
  readonly timeout_sec: number;
  readonly backoff: Backoff;
  readonly dependants: readonly string[];
  /** Its workstream does not let it start now. */
  readonly held: boolean;
  /** Tasks in `depends_on` that are not completed yet. */
  readonly waiting_for: readonly string[];
  /** Gates in `gate_dependencies` that have not PASSED yet; the failed ones among them are also in `failed_gates`. */
  readonly waiting_for_gates: readonly string[];
  readonly failed_gates: readonly string[];
  /** What blocks it; empty unless it is blocked. */
  readonly blocked_by: readonly string[];
  /** A task in `depends_on` that ended other than completed. */
  readonly upstream_ended: string | null;
  readonly retry_count: number;
  readonly worker_id: string | null;
  readonly exit_code: number | null;
  readonly timed_out: boolean;
  readonly duration_seconds: number | null;
  readonly last_error: string | null;
  readonly patch: PatchRef | null;
  /** The state of its patch, as far as the task was told. */
  readonly patch_state: string | null;
}

export interface ExecuteTaskInput {
  readonly task_id: string;
  readonly run_id: string;
  readonly ws_id: string;
  readonly worker_id: string | null;
  /** 1 at the first execution, one more at each retry. */
  readonly attempt: number;
}

/** How an execution ended. A rejection of the effect counts as a failed execution too. */
export interface ExecuteTaskOutput {
  /** `null` where a signal ended it. */
  readonly exit_code: number | null;
  readonly signal?: string | null;
  readonly timed_out?: boolean;
  readonly duration_seconds?: number;
  /** Set where the task changed files. */
  readonly patch?: PatchRef | null;
  /** What failed, in words; given where the exit code does not tell. */
  readonly error?: string;
}

/** The pool gives the task to a worker. §1.4.4 */
export interface WorkerStarted {
  readonly type: "worker_started";
  readonly worker_id: string;
  /** Default: the sender only offers idle workers. */
  readonly idle?: boolean;
  /** Default: the sender has looked. */
  readonly capabilities?: readonly string[];
  /** Workstreams that the worker may serve; none given: all. */
  readonly affinity?: readonly string[];
}

export type TaskEvent =
  | { readonly type: "scheduler_assigned" }
  | { readonly type: "dependency_check_failed" }
  | { readonly type: "gate_failed" }
  | { readonly type: "dependency_satisfied" }
  | { readonly type: "upstream_not_completed"; readonly reason?: string }
  | WorkerStarted
  | ({ readonly type: "execution_completed" } & ExecuteTaskOutput)
  | ({ readonly type: "execution_failed" } & Partial<ExecuteTaskOutput>)
  | { readonly type: "timeout_exceeded"; readonly error?: string }
  | { readonly type: "retry_delay_elapsed" }
  | { readonly type: "validation_passed" }
  | { readonly type: "validation_failed"; readonly reason?: string }
  | UserCancelled
  | Override<"override_complete_task">
  | Override<"override_fail_task">
  | Override<"override_unblock_task">
  | Override<"override_reset_task">
  | WorkstreamReady
  | WorkstreamPaused
  | DependencyEnded
  /** A gate that it needs has ended without passing: nothing is left that could free what that gate blocks. */
  | { readonly type: "nothing_left" }
  | PatchChanged;

/** How a workstream counts a task that is in a state. */
export type TaskStanding = "waiting" | "under_way" | "completed" | "failed" | "cancelled";

/** Task to workstream: it moved in a way the workstream has to know of, into another standing. */
export interface TaskChanged {
  readonly type: "task_changed";
  readonly task_id: string;
  readonly from: string;
  readonly to: string;
  readonly answers_for: string;
  readonly is_critical: boolean;
  readonly allow_failure: boolean;
  /** Only where the task ended. */
  readonly dependants: readonly string[];
  /** The patch that is under way for it. */
  readonly patch_id: string | null;
  readonly reason: string | null;
}

/** Task to workstream: a person took its outcome from it while its patch was under way; nobody wants that patch. */
export interface PatchAbandoned {
  readonly type: "patch_abandoned";
  readonly patch_id: string;
  readonly operator: string;
  readonly reason: string;
}

/** Task to workstream: it changed files; the patch goes through the ledger. */
export interface PatchCreated {
  readonly type: "patch_created";
  readonly task_id: string;
  readonly patch: PatchRef;
}
