import { assign, enqueueActions, raise, setup } from "xstate";
import { declarer, type Move, stateMeta } from "../declare.ts";
import { failureText, isTimed, unprovided } from "../effect.ts";
import { operatorOrParent } from "../events.ts";
import { tellParent } from "../family.ts";
import { gateId } from "../ids.ts";
import type { GateContext, GateEvent, GateInput, RunGateInput, RunGateOutput } from "./test-gate.types.ts";

const section = "2.3";
const move = declarer("test_gate", section);
const state = (description: string) => stateMeta(section, description);

/** How much of a gate's output the context keeps; the host has the rest. */
const outputTailLength = 2_000;

function initialContext(input: GateInput): GateContext {
  const { gate, run_id, ws_id, set_id, stage } = input;
  const id = gateId(set_id, gate.name);
  return {
    run_id,
    ws_id,
    set_id,
    stage,
    gate_id: id,
    name: gate.name,
    answers_for: gate.retry_of === undefined ? id : gateId(set_id, gate.retry_of),
    retry_of: gate.retry_of === undefined ? null : gateId(set_id, gate.retry_of),
    gate_type: gate.gate_type,
    command: gate.command,
    expected_exit_code: gate.expected_exit_code ?? 0,
    timeout_sec: gate.timeout_sec ?? 1800,
    dependants: input.dependants ?? [],
    held: input.held ?? false,
    waiting_for: (gate.depends_on ?? []).map((name) => gateId(set_id, name)),
    not_passed: [],
    exit_code: null,
    signal: null,
    timed_out: false,
    stdout_tail: "",
    stderr_tail: "",
    duration_seconds: null,
  };
}

function outcomeEvent(output: RunGateOutput, expected: number): GateEvent {
  if (output.timed_out === true) {
    return { ...output, type: "timeout_exceeded" };
  }
  return { ...output, type: output.exit_code === expected ? "exit_code_expected" : "exit_code_unexpected" };
}

const base = setup({
  types: {} as { context: GateContext; events: GateEvent; input: GateInput },
  actors: { runGate: unprovided<RunGateOutput, RunGateInput>() },
  delays: { timeout: ({ context }) => context.timeout_sec * 1_000 },
  guards: {
    isTimed,
    dependenciesPassed: ({ context }) => context.waiting_for.length === 0,
    dependencyFailed: ({ context }) => context.not_passed.length > 0,
    nothingFailed: ({ context }) => context.not_passed.length === 0,
    operatorOrParent: ({ event }) => operatorOrParent(event),
  },
  actions: {
    announce: enqueueActions(({ context, enqueue, self }, { from, to }: Move) => {
      tellParent(self, enqueue, {
        type: "gate_changed",
        gate_id: context.gate_id,
        name: context.name,
        set_id: context.set_id,
        answers_for: context.answers_for,
        from,
        to,
        dependants: to === "RUNNING" || to === "PENDING" ? [] : context.dependants,
        reason:
          to === "FAILED"
            ? `gate ${context.name}: ${context.timed_out ? "timed out" : (context.signal ?? `exit code ${context.exit_code}`)}`
            : null,
      } as never);
    }),
    proceed: enqueueActions(({ context, enqueue }) => {
      if (context.not_passed.length > 0) {
        enqueue.raise({ type: "dependency_gate_failed" });
      } else if (context.waiting_for.length === 0 && !context.held) {
        enqueue.raise({ type: "execution_started" });
      }
    }),
    hold: assign({ held: true }),
    release: assign({ held: false }),
    noteDependency: assign(({ context, event }) => {
      if (event.type !== "dependency_ended" || !context.waiting_for.includes(event.id)) {
        return {};
      }
      const without = (ids: readonly string[]) => ids.filter((id) => id !== event.id);
      return event.state === "PASSED"
        ? { waiting_for: without(context.waiting_for), not_passed: without(context.not_passed) }
        : { not_passed: [...without(context.not_passed), event.id] };
    }),
    unblockIfPassed: enqueueActions(({ context, enqueue }) => {
      if (context.not_passed.length === 0) {
        enqueue.raise({ type: "dependency_gate_passed" });
      }
    }),
    noteOutcome: assign(({ event }) => {
      const output = event as Partial<RunGateOutput> & { readonly type: string };
      return {
        exit_code: output.exit_code ?? null,
        signal: output.signal ?? (output.type === "user_cancelled" ? "cancelled" : null),
        timed_out: output.type === "timeout_exceeded",
        stdout_tail: (output.stdout_tail ?? "").slice(-outputTailLength),
        stderr_tail: (output.stderr_tail ?? "").slice(-outputTailLength),
        duration_seconds: output.duration_seconds ?? null,
      };
    }),
  },
});

/** One check: a command with an expected exit code. §2.3 */
export const testGateMachine = base.createMachine({
  id: "test_gate",
  version: "1.1.0",
  context: ({ input }) => initialContext(input),
  initial: "PENDING",
  on: {
    workstream_ready: { actions: ["release", "proceed"] },
    workstream_paused: { actions: "hold" },
  },
  states: {
    PENDING: {
      ...state("defined, not run"),
      entry: "proceed",
      on: {
        dependency_ended: { actions: ["noteDependency", "proceed"] },
        execution_started: move("PENDING", "RUNNING", "execution_started", "Its command starts.", {
          guard: "dependenciesPassed",
          asks: "every gate in depends_on is PASSED",
        }),
        dependency_gate_failed: move("PENDING", "BLOCKED", "dependency_gate_failed", "A gate before it did not pass.", {
          guard: "dependencyFailed",
          asks: "some gate in depends_on is FAILED",
          severity: "warning",
        }),
      },
    },
    RUNNING: {
      ...state("its command runs"),
      invoke: {
        src: "runGate",
        input: ({ context: { run_id, ws_id, set_id, stage, gate_id, name, gate_type, command, timeout_sec } }) => ({
          run_id,
          ws_id,
          set_id,
          stage,
          gate_id,
          name,
          gate_type,
          command,
          timeout_sec,
        }),
        onDone: { actions: raise(({ context, event }) => outcomeEvent(event.output, context.expected_exit_code)) },
        onError: {
          actions: raise(({ event }) => ({
            type: "exit_code_unexpected",
            exit_code: null,
            signal: failureText(event.error),
          })),
        },
      },
      after: { timeout: { guard: "isTimed", actions: raise({ type: "timeout_exceeded" }) } },
      on: {
        exit_code_expected: move("RUNNING", "PASSED", "exit_code_expected", "It ended with the expected exit code.", {
          asks: "exit_code, stdout and stderr recorded",
          actions: ["noteOutcome"],
        }),
        exit_code_unexpected: move("RUNNING", "FAILED", "exit_code_unexpected", "It ended with another exit code.", {
          asks: "exit_code, stdout and stderr recorded",
          actions: ["noteOutcome"],
          severity: "error",
        }),
        timeout_exceeded: move("RUNNING", "FAILED", "timeout_exceeded", "It took too long.", {
          asks: "ran longer than timeout_sec",
          actions: ["noteOutcome"],
          severity: "error",
        }),
        user_cancelled: move("RUNNING", "FAILED", "user_cancelled", "A person, or the end of its owner, stops it.", {
          guard: "operatorOrParent",
          asks: "the command was stopped; its exit code or signal is recorded",
          actions: ["noteOutcome"],
          severity: "warning",
          since: "1.1.0",
        }),
      },
    },
    PASSED: { ...state("exit code as expected"), type: "final" },
    FAILED: { ...state("exit code not as expected, or timed out"), type: "final" },
    BLOCKED: {
      ...state("a gate that it depends on did not pass"),
      on: {
        dependency_ended: { actions: ["noteDependency", "unblockIfPassed"] },
        dependency_gate_passed: move(
          "BLOCKED",
          "PENDING",
          "dependency_gate_passed",
          "A successor of that gate passed.",
          {
            guard: "nothingFailed",
            asks: "the newest successor of every gate in depends_on is PASSED",
            severity: "warning",
          },
        ),
      },
    },
  },
});
