import { PawlError } from "../base/errors/index.ts";

/** Why a runtime accepts nothing any more. */
export interface Closed {
  readonly reason: string;
  /** What failed, where it did not end by itself. */
  readonly cause?: unknown;
}

/** What is said to whoever asks something of it. */
export function refusal({ reason, cause }: Closed): PawlError {
  return new PawlError("RUNTIME_CLOSED", { reason }, { cause });
}
