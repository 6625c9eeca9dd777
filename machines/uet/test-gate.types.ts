import type { DependencyEnded, UserCancelled, WorkstreamPaused, WorkstreamReady } from "../events.ts";

export type GateType = "LINT" | "UNIT" | "INTEGRATION" | "SECURITY";

/** What a gate is for: before tasks, after a patch was applied, before a workstream is merged. */
export type GateStage = "precondition" | "verify" | "final";

/** One gate of a set. Names are unique within the set; the id of the gate is `gateId(owner, name)`. §2.3 */
export interface GateDefinition {
  readonly name: string;
  readonly gate_type: GateType;
  /** A string for `sh -c`, or an array that is executed as it is. */
  readonly command: string | readonly string[];
  /** Default 0. */
  readonly expected_exit_code?: number;
  /** Default 1800. */
  readonly timeout_sec?: number;
  /** Names of gates of the same set. */
  readonly depends_on?: readonly string[];
  /** The name of the ended gate that this one does again (I6); what waits for that one waits for this one. */
  readonly retry_of?: string;
}

/** Whose gate it is; fixed for life. */
export interface GateOwner {
  readonly run_id: string;
  readonly ws_id: string;
  /** The workstream, the patch or the merge whose set it belongs to. */
  readonly set_id: string;
  readonly stage: GateStage;
}

export interface GateInput extends GateOwner {
  readonly gate: GateDefinition;
  /** Ids of what waits for it: gates of the set, and tasks. */
  readonly dependants?: readonly string[];
  /** Waits for `workstream_ready` before it may run. */
  readonly held?: boolean;
}

export interface GateContext extends GateOwner {
  readonly gate_id: string;
  readonly name: string;
  /** The id that others wait for: its own, or that of the first of a line of successors. */
  readonly answers_for: string;
  readonly retry_of: string | null;
  readonly gate_type: GateType;
  readonly command: string | readonly string[];
  readonly expected_exit_code: number;
  readonly timeout_sec: number;
  readonly dependants: readonly string[];
  readonly held: boolean;
  /** Gates in depends_on that have not PASSED yet. */
  readonly waiting_for: readonly string[];
  /** Those of them that FAILED or are BLOCKED. */
  readonly not_passed: readonly string[];
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly timed_out: boolean;
  /** At most `outputTailLength` characters; the host keeps the rest. */
  readonly stdout_tail: string;
  readonly stderr_tail: string;
  readonly duration_seconds: number | null;
}

export interface RunGateInput extends GateOwner {
  readonly gate_id: string;
  readonly name: string;
  readonly gate_type: GateType;
  readonly command: string | readonly string[];
  readonly timeout_sec: number;
}

/** How the command ended; `exit_code` is `null` where a signal ended it. */
export interface RunGateOutput {
  readonly exit_code: number | null;
  readonly signal?: string | null;
  readonly timed_out?: boolean;
  readonly stdout_tail?: string;
  readonly stderr_tail?: string;
  readonly duration_seconds?: number;
}

export type GateEvent =
  | { readonly type: "execution_started" }
  | { readonly type: "dependency_gate_failed" }
  | { readonly type: "dependency_gate_passed" }
  | ({ readonly type: "exit_code_expected" } & RunGateOutput)
  | ({ readonly type: "exit_code_unexpected" } & RunGateOutput)
  | ({ readonly type: "timeout_exceeded" } & Partial<RunGateOutput>)
  | (UserCancelled & Partial<RunGateOutput>)
  | WorkstreamReady
  | WorkstreamPaused
  | DependencyEnded;

/** Gate to the owner of its set. */
export interface GateChanged {
  readonly type: "gate_changed";
  readonly gate_id: string;
  readonly name: string;
  readonly set_id: string;
  readonly answers_for: string;
  readonly from: string;
  readonly to: string;
  readonly dependants: readonly string[];
  /** Why it did not pass. */
  readonly reason: string | null;
}
