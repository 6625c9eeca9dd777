import type { EntityType } from "../../../machines/index.ts";

/** What a person may do to an entity against its machine's own course. §5.2 */
export interface Override {
  readonly entity: EntityType;
  /** The declared transition it stands for. */
  readonly trigger: string;
  readonly does: string;
}

/** By the names of the command line. */
export const overrides = {
  "complete-task": { entity: "task", trigger: "override_complete_task", does: "declare a task completed" },
  "fail-task": { entity: "task", trigger: "override_fail_task", does: "declare a task failed" },
  "reset-task": {
    entity: "task",
    trigger: "override_reset_task",
    does: "have a task begin again; one that failed or was cancelled gets a successor",
  },
  "unblock-task": { entity: "task", trigger: "override_unblock_task", does: "let a blocked task go on" },
  "fail-workstream": { entity: "workstream", trigger: "override_fail_workstream", does: "declare a workstream failed" },
  "drop-patch": { entity: "patch_ledger", trigger: "override_drop_patch", does: "drop a patch" },
  "reset-breaker": {
    entity: "circuit_breaker",
    trigger: "override_reset_breaker",
    does: "close a circuit breaker, of which pawl run has none",
  },
} as const satisfies Record<string, Override>;

export type OverrideName = keyof typeof overrides;

export const overrideNames = Object.keys(overrides) as readonly OverrideName[];
