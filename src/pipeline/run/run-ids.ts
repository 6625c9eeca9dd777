import { PawlError } from "../../base/errors/index.ts";

/** Letters, digits, `-` and `_`: fit for a branch, a folder and a command line. */
const allowed = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;

/** The name that a user chose for a run. @throws PawlError RUN_NAME, RUN_EXISTS */
export function checkRunId(run: string, existing: readonly { readonly run: string; readonly state: string }[]): string {
  if (!allowed.test(run)) {
    throw new PawlError("RUN_NAME", { run });
  }
  const found = existing.find((other) => other.run === run);
  if (found !== undefined) {
    throw new PawlError("RUN_EXISTS", { run, state: found.state });
  }
  return run;
}

/** The plan's name and the next number that is free: `harden-client-3`. */
export function nextRunId(planName: string, taken: (run: string) => boolean): string {
  const name =
    planName
      .replace(/[^A-Za-z0-9_-]+/g, "-")
      .replace(/^[-_]+/, "")
      .slice(0, 50) || "run";
  let number = 1;
  while (taken(`${name}-${number}`)) {
    number += 1;
  }
  return `${name}-${number}`;
}
