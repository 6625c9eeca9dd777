import type { ShownEvent } from "../../views/runs/index.ts";
import { oneLine } from "./one-line.ts";

type Shown = Pick<
  ShownEvent,
  "transitioned_at" | "severity" | "entity_id" | "from_state" | "to_state" | "trigger" | "operator" | "reason"
>;

/** One transition in one line, whatever somebody gave as his name or reason. */
export function eventLine(event: Shown): string {
  const { transitioned_at, severity, entity_id, from_state, to_state, trigger, operator, reason } = event;
  const loud = severity === "info" ? "" : `  [${severity}]`;
  const by = operator === null ? "" : ` by ${oneLine(operator)}`;
  const why = reason === null ? "" : `: ${oneLine(reason)}`;
  return `${transitioned_at}  ${entity_id}  ${from_state} → ${to_state}  ${trigger}${by}${loud}${why}`;
}
