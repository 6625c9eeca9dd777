import type { StoredAuditRow } from "../../store/port.ts";

/** Tells somebody how a run goes on. */
export interface Reporter {
  transition(audit: StoredAuditRow): void;
  /** Something worth saying that is no transition. */
  note(text: string): void;
  /** Nothing more is told; what is drawn stays as it was drawn last. */
  end(): void;
}
