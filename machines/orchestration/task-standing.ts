import type { TaskStanding } from "./task.types.ts";

/** What a workstream counts a task as: of moves within one standing it need not hear. */
export function standingOf(state: string): TaskStanding {
  switch (state) {
    case "running":
    case "validating":
    case "retrying":
      return "under_way";
    case "completed":
    case "failed":
    case "cancelled":
      return state;
    default:
      return "waiting";
  }
}
