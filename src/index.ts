/** `pawl`: the one door for a change of state, and the errors that it refuses with (§8.1, §8.2). */
export { nextTransitions } from "../machines/index.ts";
export {
  InvalidTransitionError,
  MonotonicProgressViolation,
  PawlError,
  TerminalStateViolation,
} from "./base/errors/index.ts";
export { type ValidateOptions, validateTransition } from "./store/domain/validate.ts";
