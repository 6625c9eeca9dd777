import { assign, raise, setup } from "xstate";
import { declarer, stateMeta } from "../declare.ts";
import { type Override, operatorAndReason } from "../events.ts";

/**
 * Whether a call may be made: any while it is closed, none while it is open, one at a time in between. §2.4.3
 * @param underWay calls that were let through and have not ended
 */
export function breakerLetsPass(state: string, underWay: number): boolean {
  return state === "CLOSED" || (state === "HALF_OPEN" && underWay === 0);
}

const section = "2.4";
const move = declarer("circuit_breaker", section);
const state = (description: string) => stateMeta(section, description);

export interface CircuitBreakerInput {
  readonly tool_id: string;
  /** Consecutive failures that open it. Default 5. */
  readonly failure_threshold?: number;
  /** How long it stays open. Default 60. */
  readonly cooldown_seconds?: number;
  /** Successes that close it. Default 1. */
  readonly success_threshold?: number;
}

export interface CircuitBreakerContext extends Required<CircuitBreakerInput> {
  readonly failure_count: number;
  readonly success_count: number;
}

export type CircuitBreakerEvent =
  | { readonly type: "call_succeeded" }
  | { readonly type: "call_failed" }
  | { readonly type: "failure_threshold_exceeded" }
  | { readonly type: "cooldown_expires" }
  | { readonly type: "test_request_succeeded" }
  | { readonly type: "test_request_failed" }
  | Override<"override_reset_breaker">;

const base = setup({
  types: {} as { context: CircuitBreakerContext; events: CircuitBreakerEvent; input: CircuitBreakerInput },
  delays: { cooldown: ({ context }) => context.cooldown_seconds * 1_000 },
  guards: {
    tooManyFailures: ({ context }) => context.failure_count >= context.failure_threshold,
    lastSuccess: ({ context }) => context.success_count + 1 >= context.success_threshold,
    operatorAndReason: ({ event }) => operatorAndReason(event),
  },
  actions: {
    announce: (_, _move: { readonly from: string; readonly to: string }) => undefined,
    countFailure: assign({ failure_count: ({ context }) => context.failure_count + 1 }),
    countSuccess: assign({ success_count: ({ context }) => context.success_count + 1 }),
    reset: assign({ failure_count: 0, success_count: 0 }),
  },
});

const resetOverride = (from: "OPEN" | "HALF_OPEN", to: "HALF_OPEN" | "CLOSED") => ({
  override_reset_breaker: move(from, to, "override_reset_breaker", "A person resets it.", {
    guard: "operatorAndReason",
    asks: "operator and reason given",
    actions: ["reset"],
    severity: "warning",
    since: "1.1.0",
    override: true,
  }),
});

/** Guards one tool against repeated failure. §2.4 */
export const circuitBreakerMachine = base.createMachine({
  id: "circuit_breaker",
  version: "1.1.0",
  context: ({ input }) => ({
    tool_id: input.tool_id,
    failure_threshold: input.failure_threshold ?? 5,
    cooldown_seconds: input.cooldown_seconds ?? 60,
    success_threshold: input.success_threshold ?? 1,
    failure_count: 0,
    success_count: 0,
  }),
  initial: "CLOSED",
  states: {
    CLOSED: {
      ...state("calls pass"),
      on: {
        call_succeeded: { actions: "reset" },
        call_failed: { actions: ["countFailure", raise({ type: "failure_threshold_exceeded" })] },
        failure_threshold_exceeded: move("CLOSED", "OPEN", "failure_threshold_exceeded", "It failed too often.", {
          guard: "tooManyFailures",
          asks: "consecutive failures >= failure_threshold",
          severity: "error",
        }),
      },
    },
    OPEN: {
      ...state("calls are refused at once"),
      after: { cooldown: { actions: raise({ type: "cooldown_expires" }) } },
      on: {
        cooldown_expires: move("OPEN", "HALF_OPEN", "cooldown_expires", "One call may try.", {
          asks: "cooldown_seconds have passed since it opened",
          actions: ["reset"],
          severity: "warning",
        }),
        ...resetOverride("OPEN", "HALF_OPEN"),
      },
    },
    HALF_OPEN: {
      ...state("one trial call passes, all others are refused"),
      on: {
        call_succeeded: { actions: raise({ type: "test_request_succeeded" }) },
        call_failed: { actions: raise({ type: "test_request_failed" }) },
        test_request_succeeded: [
          move("HALF_OPEN", "CLOSED", "test_request_succeeded", "The trial calls went well.", {
            guard: "lastSuccess",
            asks: "success_threshold successes",
            actions: ["reset"],
          }),
          { actions: "countSuccess" },
        ],
        test_request_failed: move("HALF_OPEN", "OPEN", "test_request_failed", "The trial call failed.", {
          severity: "error",
        }),
        ...resetOverride("HALF_OPEN", "CLOSED"),
      },
    },
  },
});
