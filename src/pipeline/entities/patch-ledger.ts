import type { PatchContext } from "../../../machines/uet/patch-ledger.types.ts";
import { PawlError } from "../../base/errors/index.ts";
import type { EntityBinding, EntityRow } from "../../runtime/index.ts";
import { type BoundStep, bindEntity } from "./bind.ts";
import { bit, rowId, rowIdOrNull } from "./row-id.ts";

/** A patch as its row has it. */
export interface PatchContent {
  readonly format: string;
  readonly content: Uint8Array;
  /** Hex. */
  readonly sha256: string;
}

/** Looks a patch up by the id of its row. */
export type PatchContentOf = (patchId: string) => PatchContent | undefined;

/** A new ledger entry writes the row of its patch too. */
export function patchLedgerBinding(patchContent: PatchContentOf): EntityBinding {
  return bindEntity<PatchContext>({
    entity: "patch_ledger",
    eventPrefix: "patch",
    table: "patch_ledger_entries",
    key: "ledger_id",
    idOf: ({ run_id, ledger_id }) => rowId(run_id, ledger_id),
    rowsBefore: ({ context }) => [patchRow(context, patchContent)],
    fixed: ({ context }) => ({
      patch_id: rowId(context.run_id, context.patch_id),
      workstream_id: rowId(context.run_id, context.ws_id),
      retry_of: rowIdOrNull(context.run_id, context.retry_of),
    }),
    values: (step) => ({
      validation_format_passed: bit(step.context.validation_format_passed),
      validation_scope_passed: bit(step.context.validation_scope_passed),
      validation_constraints_passed: bit(step.context.validation_constraints_passed),
      validation_tests_passed: bit(step.context.validation_tests_passed),
      apply_attempts: step.context.apply_attempts,
      commit_sha: step.context.commit_sha,
      ...endOf(step),
    }),
    metadata: ({ context, to }) => ({
      patch_id: rowId(context.run_id, context.patch_id),
      validation_results: {
        format: context.validation_format_passed,
        scope: context.validation_scope_passed,
        constraints: context.validation_constraints_passed,
        tests: context.validation_tests_passed,
      },
      commit_sha: context.commit_sha,
      quarantine_reason: to === "quarantined" ? context.quarantine_reason : null,
    }),
    reason: ({ to, context }) =>
      to === "quarantined" ? context.quarantine_reason : to === "apply_failed" ? context.last_error : null,
    place: ({ run_id, ws_id }) => ({ run_id, workstream_id: rowId(run_id, ws_id) }),
  });
}

/** What a quarantine and a rollback leave in the entry. */
function endOf({ context, event, from, to, trigger, at }: BoundStep<PatchContext>): EntityRow["values"] {
  if (to === "quarantined") {
    const { last_error, gates } = context;
    return {
      quarantine_reason: nonEmpty(context.quarantine_reason, trigger),
      quarantine_metadata: JSON.stringify({ from, trigger, last_error, first_failed_gate: gates.first_failure }),
      quarantined_at: at,
    };
  }
  if (to === "rolled_back") {
    const { operator } = event as { readonly operator?: unknown };
    return {
      rollback_reason: nonEmpty(context.rollback_reason, trigger),
      rollback_compensation: JSON.stringify({ compensated: true, operator: operator ?? null }),
      rolled_back_at: at,
    };
  }
  return {};
}

const nonEmpty = (text: string | null, otherwise: string): string => (text === null || text === "" ? otherwise : text);

function patchRow(context: PatchContext, patchContent: PatchContentOf): EntityRow {
  const id = rowId(context.run_id, context.patch_id);
  const patch = patchContent(id);
  if (patch === undefined) {
    throw new PawlError("PATCH_CONTENT_MISSING", { id });
  }
  return {
    table: "patches",
    key: "patch_id",
    values: {
      patch_id: id,
      task_id: rowId(context.run_id, context.task_id),
      format: patch.format,
      content_hash: patch.sha256,
      content: patch.content,
    },
  };
}
