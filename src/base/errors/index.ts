export type { ErrorEntry } from "./define.ts";
export { type ErrorExtras, type ErrorPlace, type ErrorValues, formatPlace, PawlError } from "./error.ts";
export { fixFor } from "./recognise.ts";
export { type ErrorCode, errorTable } from "./table.ts";
export {
  GuardRejected,
  InvalidTransitionError,
  MonotonicProgressViolation,
  TerminalStateViolation,
} from "./transitions.ts";
