import type { Plan, Task } from "../../plan/index.ts";
import { PlanIndex } from "./plan-index.ts";

/** What a task of a plan does, in one line: its command, its patch file, or its tool and prompt. */
export function describeTask(plan: Plan, id: string): string {
  return whatItDoes(new PlanIndex(plan).task(id).task);
}

/** The same, of a task at hand. */
export function whatItDoes(task: Task): string {
  switch (task.kind) {
    case "agent":
      return `${task.tool}: ${firstLine(task.prompt)}`;
    case "patch":
      return task.patch.file.slice(task.patch.file.lastIndexOf("/") + 1);
    case "run":
      return task.run.kind === "shell" ? firstLine(task.run.text) : task.run.args.join(" ");
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
