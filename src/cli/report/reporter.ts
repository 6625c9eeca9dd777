import type { StoredAuditRow } from "../../store/port.ts";

/** Tells somebody how a run goes on. */
export interface Reporter {
  transition(audit: StoredAuditRow): void;
  /** Something worth saying that is no transition. */
  note(text: string): void;
  /** Nothing more is told. What is drawn over itself goes: the summary, or an error, comes in its place. */
  end(): void;
}
