/** What the statechart of the patch ledger is made of: its actors, guards and actions. §2.2 */
import { assign, enqueueActions, setup } from "xstate";
import type { Move } from "../declare.ts";
import { unprovided } from "../effect.ts";
import { operatorAndReason, operatorNamed, reasonGiven } from "../events.ts";
import { tellChild, tellChildren, tellParent } from "../family.ts";
import { dependencyEvent, gateInputs, noGates, tallied, verdictOf } from "../gate-set.ts";
import type {
  ApplyPatchOutput,
  CommitPatchOutput,
  PatchContext,
  PatchEffectInput,
  PatchEvent,
  PatchInput,
  ValidatePatchOutput,
} from "./patch-ledger.types.ts";
import { testGateMachine } from "./test-gate.ts";

export function initialContext({ patch, ...input }: PatchInput): PatchContext {
  return {
    ledger_id: patch.patch_id,
    patch_id: patch.patch_id,
    run_id: input.run_id,
    ws_id: input.ws_id,
    task_id: input.task_id,
    retry_of: patch.retry_of ?? null,
    content_hash: patch.content_hash ?? null,
    verify: input.verify ?? [],
    max_apply_attempts: input.max_apply_attempts ?? 3,
    retry_delay_sec: input.retry_delay_sec ?? 0.2,
    apply_attempts: 0,
    commit_attempts: 0,
    gates: noGates,
    validation_format_passed: null,
    validation_scope_passed: null,
    validation_constraints_passed: null,
    validation_tests_passed: null,
    commit_sha: null,
    last_error: null,
    quarantine_reason: null,
    rollback_reason: null,
  };
}

export const effectInput = ({ patch_id, run_id, ws_id, task_id }: PatchContext, attempt: number): PatchEffectInput => ({
  patch_id,
  run_id,
  ws_id,
  task_id,
  attempt,
});

export function checkedEvent(output: ValidatePatchOutput): PatchEvent {
  const { reason, ...results } = output;
  const passed = results.format_passed && results.scope_passed && results.constraints_passed;
  return passed
    ? { type: "validation_passed", ...results }
    : { type: "validation_failed", ...results, reason: reason ?? "a check of the patch failed" };
}

export const patchLedgerSetup = setup({
  types: {} as { context: PatchContext; events: PatchEvent; input: PatchInput },
  actors: {
    test_gate: testGateMachine,
    validatePatch: unprovided<ValidatePatchOutput, PatchEffectInput>(),
    applyPatch: unprovided<ApplyPatchOutput, PatchEffectInput>(),
    commitPatch: unprovided<CommitPatchOutput, PatchEffectInput>(),
  },
  delays: { retryDelay: ({ context }) => context.retry_delay_sec * 1_000 },
  guards: {
    checksPassed: ({ event }) =>
      event.type === "validation_passed" && event.format_passed && event.scope_passed && event.constraints_passed,
    reasonGiven: ({ event }) => reasonGiven(event),
    attemptsLeft: ({ context }) => context.apply_attempts < context.max_apply_attempts,
    attemptsUsed: ({ context }) => context.apply_attempts >= context.max_apply_attempts,
    operatorNamed: ({ event }) => operatorNamed(event),
    operatorAndReason: ({ event }) => operatorAndReason(event),
    gatesPassed: ({ context }) => verdictOf(context.gates) === "passed",
    compensated: ({ event }) => event.type === "rollback_requested" && event.compensated && operatorAndReason(event),
  },
  actions: {
    announce: enqueueActions(({ context, enqueue, self }, { from, to }: Move) => {
      tellParent(self, enqueue, {
        type: "patch_changed",
        patch_id: context.patch_id,
        task_id: context.task_id,
        from,
        to,
        retry_of: context.retry_of,
        commit_sha: context.commit_sha,
        reason: context.quarantine_reason ?? context.last_error,
      } as never);
    }),
    noteChecks: assign(({ event }) =>
      event.type === "validation_passed" || event.type === "validation_failed"
        ? {
            validation_format_passed: event.format_passed ?? false,
            validation_scope_passed: event.scope_passed ?? false,
            validation_constraints_passed: event.constraints_passed ?? false,
          }
        : {},
    ),
    noteQuarantine: assign({
      quarantine_reason: ({ context, event }) =>
        "reason" in event && typeof event.reason === "string" ? event.reason : (context.last_error ?? event.type),
    }),
    countApply: assign({ apply_attempts: ({ context }) => context.apply_attempts + 1 }),
    noteFailure: assign({
      last_error: ({ event }) => (event.type === "git_apply_failed" ? (event.reason ?? "it does not apply") : null),
    }),
    spawnGates: enqueueActions(({ context, enqueue }) => {
      const { run_id, ws_id, patch_id, verify } = context;
      const gates = gateInputs(verify, { run_id, ws_id, set_id: patch_id, stage: "verify" });
      enqueue.assign({ gates: { ...noGates, total: gates.length } });
      for (const { id, input } of gates) {
        enqueue.spawnChild("test_gate", { id, input });
      }
      if (gates.length === 0) {
        enqueue.raise({ type: "tests_passed" });
      }
    }),
    noteGate: enqueueActions(({ context, enqueue, event, self }) => {
      if (event.type !== "gate_changed") {
        return;
      }
      const gates = tallied(context.gates, event);
      enqueue.assign({ gates });
      const news = dependencyEvent(event);
      for (const id of news === undefined ? [] : event.dependants) {
        tellChild(self, enqueue as never, id, news as never);
      }
      const verdict = verdictOf(gates);
      if (verdict === "passed") {
        enqueue.raise({ type: "tests_passed" });
      } else if (verdict === "failed") {
        enqueue.raise({ type: "tests_failed", reason: gates.first_failure ?? "a gate failed" });
      }
    }),
    stopGates: enqueueActions(({ enqueue, self }) => {
      tellChildren(self, enqueue as never, ["test_gate"], { type: "user_cancelled", by_parent: true } as never);
    }),
    noteTests: assign({ validation_tests_passed: ({ event }) => event.type === "tests_passed" }),
    noteCommit: assign({
      commit_sha: ({ context, event }) =>
        event.type === "git_commit_succeeded" ? event.commit_sha : context.commit_sha,
    }),
    noteRollback: assign({
      rollback_reason: ({ event }) => (event.type === "rollback_requested" ? event.reason : null),
    }),
  },
});
