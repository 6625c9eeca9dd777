import type { CircuitBreakerContext } from "../../../machines/uet/circuit-breaker.ts";
import { bindEntity } from "./bind.ts";

export const circuitBreakerBinding = bindEntity<CircuitBreakerContext>({
  entity: "circuit_breaker",
  eventPrefix: "circuit_breaker",
  table: "circuit_breakers",
  key: "tool_id",
  idOf: ({ tool_id }) => tool_id,
  fixed: ({ context }) => ({
    failure_threshold: context.failure_threshold,
    cooldown_seconds: context.cooldown_seconds,
    success_threshold: context.success_threshold,
  }),
  values: ({ context, to, enters, at }) => ({
    failure_count: context.failure_count,
    // The last time it opened stays to be read while it is closed.
    ...(to === "OPEN" && enters && { opened_at: at }),
  }),
  metadata: ({ context }) => ({
    failure_count: context.failure_count,
    failure_threshold: context.failure_threshold,
    cooldown_seconds: context.cooldown_seconds,
    success_threshold: context.success_threshold,
  }),
  place: () => ({ run_id: null, workstream_id: null }),
});
