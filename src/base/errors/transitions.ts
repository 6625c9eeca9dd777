import { type ErrorExtras, type ErrorValues, PawlError } from "./error.ts";
import type { ErrorCode } from "./table.ts";

type TransitionCode = Extract<ErrorCode, "INVALID_TRANSITION" | "TERMINAL_STATE" | "GUARD_REJECTED" | "NOT_MONOTONIC">;

/** A state was asked to change in a way no machine declares (I5). Parent of the three narrower ones. §8.1.3 */
export class InvalidTransitionError<C extends TransitionCode = TransitionCode> extends PawlError<C> {
  override readonly name: string = "InvalidTransitionError";
}

/** A terminal state was asked to change (I6). Checked before all else. §8.2 */
export class TerminalStateViolation extends InvalidTransitionError<"TERMINAL_STATE"> {
  override readonly name = "TerminalStateViolation";
  constructor(values: ErrorValues<"TERMINAL_STATE">, extras?: ErrorExtras) {
    super("TERMINAL_STATE", values, extras);
  }
}

/** The transition is declared, but its guard said no. */
export class GuardRejected extends InvalidTransitionError<"GUARD_REJECTED"> {
  override readonly name = "GuardRejected";
  constructor(values: ErrorValues<"GUARD_REJECTED">, extras?: ErrorExtras) {
    super("GUARD_REJECTED", values, extras);
  }
}

/** The transition would lead back to a state that was already left for good. §8.1 */
export class MonotonicProgressViolation extends InvalidTransitionError<"NOT_MONOTONIC"> {
  override readonly name = "MonotonicProgressViolation";
  constructor(values: ErrorValues<"NOT_MONOTONIC">, extras?: ErrorExtras) {
    super("NOT_MONOTONIC", values, extras);
  }
}
