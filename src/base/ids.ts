import { monotonicFactory } from "ulid";

/** Makes ids that sort by time. Injected, so that a run can be repeated (I9). */
export interface Ids {
  /** A ULID: 26 characters, sortable by the time it was made. */
  next(nowMs: number): string;
}

/** ULIDs that also sort within one millisecond. */
export function systemIds(): Ids {
  const next = monotonicFactory();
  return { next: (nowMs) => next(nowMs) };
}
