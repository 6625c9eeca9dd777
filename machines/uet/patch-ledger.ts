import { assign, enqueueActions, raise, setup } from "xstate";
import { declarer, type Move, stateMeta } from "../declare.ts";
import { failureText, unprovided } from "../effect.ts";
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
  RestoreWorktreeInput,
  ValidatePatchOutput,
} from "./patch-ledger.types.ts";
import { testGateMachine } from "./test-gate.ts";

const section = "2.2";
const move = declarer("patch_ledger", section);
const state = (description: string) => stateMeta(section, description);

function initialContext({ patch, ...input }: PatchInput): PatchContext {
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

const effectInput = ({ patch_id, run_id, ws_id, task_id }: PatchContext, attempt: number): PatchEffectInput => ({
  patch_id,
  run_id,
  ws_id,
  task_id,
  attempt,
});

function checkedEvent(output: ValidatePatchOutput): PatchEvent {
  const { reason, ...results } = output;
  const passed = results.format_passed && results.scope_passed && results.constraints_passed;
  return passed
    ? { type: "validation_passed", ...results }
    : { type: "validation_failed", ...results, reason: reason ?? "a check of the patch failed" };
}

const base = setup({
  types: {} as { context: PatchContext; events: PatchEvent; input: PatchInput },
  actors: {
    test_gate: testGateMachine,
    validatePatch: unprovided<ValidatePatchOutput, PatchEffectInput>(),
    applyPatch: unprovided<ApplyPatchOutput, PatchEffectInput>(),
    commitPatch: unprovided<CommitPatchOutput, PatchEffectInput>(),
    restoreWorktree: unprovided<void, RestoreWorktreeInput>(),
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

const dropOverride = (from: string) => ({
  override_drop_patch: move(from, "dropped", "override_drop_patch", "A person drops it.", {
    guard: "operatorAndReason",
    asks: "operator and reason given",
    actions: from === "applied" ? ["stopGates"] : [],
    severity: "warning",
    since: "1.1.0",
    override: true,
  }),
});

const cancelled = (from: string, to: "dropped" | "quarantined") => ({
  workstream_cancelled: move(from, to, "workstream_cancelled", "Its workstream has ended.", {
    ...(to === "quarantined" && {
      guard: "reasonGiven" as const,
      asks: "a quarantine reason is given; the worktree is restored",
      actions: ["noteQuarantine", "stopGates"] as const,
    }),
    severity: "warning",
    since: "1.1.0",
  }),
});

/** One patch, from its making to its commit or its end. §2.2 */
export const patchLedgerMachine = base.createMachine({
  id: "patch_ledger",
  version: "1.1.0",
  context: ({ input }) => initialContext(input),
  initial: "created",
  states: {
    created: {
      ...state("made, not checked"),
      invoke: {
        src: "validatePatch",
        input: ({ context }) => effectInput(context, 1),
        onDone: { actions: raise(({ event }) => checkedEvent(event.output)) },
        onError: {
          actions: raise(({ event }) => ({ type: "validation_failed", reason: failureText(event.error) })),
        },
      },
      on: {
        validation_passed: move(
          "created",
          "validated",
          "validation_passed",
          "Its format, scope and limits are right.",
          {
            guard: "checksPassed",
            asks: "format, scope and constraints all passed",
            actions: ["noteChecks"],
          },
        ),
        validation_failed: move("created", "quarantined", "validation_failed", "A check of it failed.", {
          guard: "reasonGiven",
          asks: "a quarantine reason is given",
          actions: ["noteChecks", "noteQuarantine"],
          severity: "error",
        }),
        ...cancelled("created", "dropped"),
        ...dropOverride("created"),
      },
    },
    validated: {
      ...state("format, scope and constraints checked"),
      on: {
        merge_accepted: move("validated", "queued", "merge_accepted", "Its turn has come.", {
          asks: "the phase policy accepts it",
        }),
        policy_violation: move("validated", "quarantined", "policy_violation", "The policy refuses it.", {
          guard: "reasonGiven",
          asks: "a quarantine reason is given",
          actions: ["noteQuarantine"],
          severity: "error",
        }),
        ...cancelled("validated", "dropped"),
        ...dropOverride("validated"),
      },
    },
    queued: {
      ...state("accepted for merge"),
      entry: "countApply",
      invoke: {
        src: "applyPatch",
        input: ({ context }) => effectInput(context, context.apply_attempts),
        onDone: {
          actions: raise(({ event }) =>
            event.output.applied
              ? { type: "git_apply_succeeded" }
              : { type: "git_apply_failed", reason: event.output.reason },
          ),
        },
        onError: { actions: raise(({ event }) => ({ type: "git_apply_failed", reason: failureText(event.error) })) },
      },
      on: {
        git_apply_succeeded: move("queued", "applied", "git_apply_succeeded", "It is in the worktree."),
        git_apply_failed: move("queued", "apply_failed", "git_apply_failed", "It does not apply.", {
          actions: ["noteFailure"],
          severity: "error",
        }),
        ...cancelled("queued", "dropped"),
        ...dropOverride("queued"),
      },
    },
    applied: {
      ...state("git apply succeeded, tests to come"),
      entry: "spawnGates",
      on: {
        gate_changed: { actions: "noteGate" },
        tests_passed: move("applied", "verified", "tests_passed", "Every gate of it passed.", {
          guard: "gatesPassed",
          asks: "every gate of the patch PASSED",
          actions: ["noteTests"],
        }),
        tests_failed: move("applied", "quarantined", "tests_failed", "A gate of it failed.", {
          guard: "reasonGiven",
          asks: "a quarantine reason is given",
          actions: ["noteTests", "noteQuarantine"],
          severity: "error",
        }),
        ...cancelled("applied", "quarantined"),
        ...dropOverride("applied"),
      },
    },
    apply_failed: {
      ...state("git apply failed"),
      after: {
        retryDelay: [
          { guard: "attemptsLeft", actions: raise({ type: "apply_retry" }) },
          { actions: raise({ type: "auto_quarantine" }) },
        ],
      },
      on: {
        apply_retry: move("apply_failed", "queued", "apply_retry", "It is tried again.", {
          guard: "attemptsLeft",
          asks: "apply_attempts < 3",
          severity: "warning",
        }),
        auto_quarantine: move("apply_failed", "quarantined", "auto_quarantine", "It was tried often enough.", {
          guard: "attemptsUsed",
          asks: "apply_attempts >= 3",
          actions: ["noteQuarantine"],
          severity: "error",
        }),
        // No move of its own leads out of here: it goes on to where there is one.
        workstream_cancelled: [
          {
            guard: "attemptsLeft",
            actions: [raise({ type: "apply_retry" }), raise(({ event }) => event)],
          },
          { actions: raise({ type: "auto_quarantine" }) },
        ],
        manual_discard: move("apply_failed", "dropped", "manual_discard", "A person discards it.", {
          guard: "operatorNamed",
          asks: "operator named",
          severity: "warning",
        }),
        ...dropOverride("apply_failed"),
      },
    },
    verified: {
      ...state("all its gates passed"),
      invoke: {
        src: "commitPatch",
        input: ({ context }) => effectInput(context, context.commit_attempts + 1),
        onDone: {
          actions: raise(({ event }) => ({ type: "git_commit_succeeded", commit_sha: event.output.commit_sha })),
        },
        onError: {
          actions: raise(({ event }) => ({
            type: "workstream_cancelled",
            reason: `it could not be committed: ${failureText(event.error)}`,
          })),
        },
      },
      on: {
        git_commit_succeeded: move("verified", "committed", "git_commit_succeeded", "It is in the branch.", {
          actions: ["noteCommit"],
        }),
        ...cancelled("verified", "quarantined"),
        ...dropOverride("verified"),
      },
    },
    committed: {
      ...state("in the branch; sealed, only a rollback leaves it"),
      on: {
        rollback_requested: move("committed", "rolled_back", "rollback_requested", "It was reverted.", {
          guard: "compensated",
          asks: "operator named, reason given, and the compensation plan succeeded",
          actions: ["noteRollback"],
          severity: "critical",
        }),
      },
    },
    rolled_back: { ...state("was committed, then reverted"), type: "final" },
    quarantined: { ...state("failed a check or its tests; kept for analysis"), type: "final" },
    dropped: { ...state("discarded unapplied"), type: "final" },
  },
});
