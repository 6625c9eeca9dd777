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
export { gateId, patchId, taskId } from "./ids.ts";
export { checkTransition, nextTransitions, type TransitionCheck } from "./validity.ts";
