import { raise } from "xstate";
import { declarer, stateMeta } from "../declare.ts";
import { failureText } from "../effect.ts";
import { checkedEvent, effectInput, initialContext, patchLedgerSetup } from "./patch-ledger.setup.ts";

const section = "2.2";
const move = declarer("patch_ledger", section);
const state = (description: string) => stateMeta(section, description);

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
export const patchLedgerMachine = patchLedgerSetup.createMachine({
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
