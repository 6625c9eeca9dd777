/** `pawl/machines`: the statecharts of Pawl's pipeline and all that is derived from them. Runs in a browser. */
export { type Change, catalogue, catalogueAt, changeLog, type EntityType } from "./catalogue.ts";
export type {
  MachineEntry,
  Namespace,
  Severity,
  Since,
  StateEntry,
  StateMeta,
  TransitionEntry,
  TransitionMeta,
} from "./entry.ts";
export { eventFault } from "./event-fields.ts";
export { gateId, patchId, taskId } from "./ids.ts";
export { runMachine } from "./orchestration/run.ts";
export { taskMachine } from "./orchestration/task.ts";
export { workerMachine } from "./orchestration/worker.ts";
export { workstreamMachine } from "./orchestration/workstream.ts";
export { breakerLetsPass, circuitBreakerMachine } from "./uet/circuit-breaker.ts";
export { patchLedgerMachine } from "./uet/patch-ledger.ts";
export { testGateMachine } from "./uet/test-gate.ts";
export { uetWorkerMachine } from "./uet/uet-worker.ts";
export { checkTransition, nextTransitions, type TransitionCheck } from "./validity.ts";
