import { PawlError } from "../base/errors/index.ts";

/** @throws PawlError TESTING_OPTION_INVALID for a number that is none, is not finite, or is below `atLeast` */
export function refuseUnlessNumber(option: string, value: unknown, atLeast = Number.NEGATIVE_INFINITY): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value < atLeast) {
    const allowed = Number.isFinite(atLeast) ? `a number, ${atLeast} or more` : "a number";
    throw new PawlError("TESTING_OPTION_INVALID", { option, value: shown(value), allowed });
  }
}

/** @throws PawlError TESTING_OPTION_INVALID for what is none of `allowed` */
export function refuseUnlessOneOf(option: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.some((each) => each === value)) {
    throw new PawlError("TESTING_OPTION_INVALID", { option, value: shown(value), allowed: allowed.join(", ") });
  }
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
