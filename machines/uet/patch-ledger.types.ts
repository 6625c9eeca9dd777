import type { Override, UserCancelled } from "../events.ts";
import type { GateChanged, GateDefinition } from "./test-gate.types.ts";

/** What the ledger needs to know of a patch; its content is in the store, by `patch_id`. */
export interface PatchRef {
  /** See `patchId`. Also the id of its ledger entry. */
  readonly patch_id: string;
  readonly content_hash?: string;
  /** The ended patch that this one replaces. */
  readonly retry_of?: string;
}

export interface PatchInput {
  readonly run_id: string;
  readonly ws_id: string;
  readonly task_id: string;
  readonly patch: PatchRef;
  /** The gates that verify it: a fresh set for each patch. */
  readonly verify?: readonly GateDefinition[];
  /** Default 3. */
  readonly max_apply_attempts?: number;
  /** Pause before a failed apply or commit is tried again. Default 0.2. */
  readonly retry_delay_sec?: number;
}

/** §2.2 */
export interface PatchContext {
  readonly ledger_id: string;
  readonly patch_id: string;
  readonly run_id: string;
  readonly ws_id: string;
  readonly task_id: string;
  readonly retry_of: string | null;
  readonly content_hash: string | null;
  readonly verify: readonly GateDefinition[];
  readonly max_apply_attempts: number;
  readonly retry_delay_sec: number;
  readonly apply_attempts: number;
  readonly commit_attempts: number;
  readonly gates: GateTally;
  /** `null`: not checked yet. */
  readonly validation_format_passed: boolean | null;
  readonly validation_scope_passed: boolean | null;
  readonly validation_constraints_passed: boolean | null;
  readonly validation_tests_passed: boolean | null;
  readonly commit_sha: string | null;
  readonly last_error: string | null;
  readonly quarantine_reason: string | null;
  readonly rollback_reason: string | null;
}

/** How far a set of gates is. `total = passed + failed + blocked + still to come`. */
export interface GateTally {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly blocked: number;
  /** The first gate that failed, and why. */
  readonly first_failure: string | null;
}

/** What every git effect of a patch is told. */
export interface PatchEffectInput {
  readonly patch_id: string;
  readonly run_id: string;
  readonly ws_id: string;
  readonly task_id: string;
  /** Counts from 1. */
  readonly attempt: number;
}

export interface ValidatePatchOutput {
  readonly format_passed: boolean;
  readonly scope_passed: boolean;
  readonly constraints_passed: boolean;
  /** What was wrong, in words; `null` where nothing was. */
  readonly reason: string | null;
}

/** A patch that does not apply is an outcome; a rejection of the effect counts the same. */
export type ApplyPatchOutput = { readonly applied: true } | { readonly applied: false; readonly reason: string };

export interface CommitPatchOutput {
  readonly commit_sha: string;
}

interface ValidationResults {
  readonly format_passed: boolean;
  readonly scope_passed: boolean;
  readonly constraints_passed: boolean;
}

export type PatchEvent =
  | ({ readonly type: "validation_passed" } & ValidationResults)
  | ({ readonly type: "validation_failed"; readonly reason: string } & Partial<ValidationResults>)
  | { readonly type: "merge_accepted" }
  | { readonly type: "policy_violation"; readonly reason: string }
  | { readonly type: "git_apply_succeeded" }
  | { readonly type: "git_apply_failed"; readonly reason?: string }
  | { readonly type: "apply_retry" }
  | { readonly type: "auto_quarantine" }
  | { readonly type: "manual_discard"; readonly operator: string; readonly reason?: string }
  | { readonly type: "tests_passed" }
  | { readonly type: "tests_failed"; readonly reason: string }
  | { readonly type: "git_commit_succeeded"; readonly commit_sha: string }
  /** `compensated`: the compensation plan was carried out with success. */
  | {
      readonly type: "rollback_requested";
      readonly operator: string;
      readonly reason: string;
      readonly compensated: boolean;
    }
  | { readonly type: "workstream_cancelled"; readonly reason: string }
  | Override<"override_drop_patch">
  | UserCancelled
  | GateChanged;

/** Patch to workstream, and forwarded by it to the task that made the patch. */
export interface PatchChanged {
  readonly type: "patch_changed";
  readonly patch_id: string;
  readonly task_id: string;
  readonly from: string;
  readonly to: string;
  readonly retry_of: string | null;
  readonly commit_sha: string | null;
  readonly reason: string | null;
}
