import { createHash } from "node:crypto";
import { relative, resolve, sep } from "node:path";
import type { Database } from "better-sqlite3";
import type { PatchFile, Plan, Task } from "../../plan/index.ts";
import type { DomainWrite } from "../../store/port.ts";
import type { SchemaComponent } from "../../store/sqlite/migrate.ts";
import type { Sha } from "../git/index.ts";

/** What a run was begun with; a later change of the plan file does not change the run. */
export interface StoredPlan {
  readonly plan: Plan;
  /** The commit it starts from. */
  readonly base: Sha;
}

interface Checkout {
  readonly root: string;
  readonly head: { readonly branch: string | null };
}

/**
 * A plan as it is stored. HEAD may be another branch when the run is merged, so the one that it is now takes its place;
 * where there is none, it stays, and the merge asks for a branch. Patch files in the checkout are named from its top:
 * a repository may be moved while a run of it waits to go on.
 */
export function planAsStored(plan: Plan, { root, head }: Checkout): Plan {
  const fromTop = (file: string) => (file.startsWith(`${root}${sep}`) ? relative(root, file) : file);
  const stored = (task: Task): Task =>
    task.kind === "patch" ? { ...task, patch: { ...task.patch, file: fromTop(task.patch.file) } } : task;
  return {
    ...plan,
    base: plan.base === "HEAD" ? (head.branch ?? plan.base) : plan.base,
    workstreams: plan.workstreams.map((workstream) => ({ ...workstream, tasks: workstream.tasks.map(stored) })),
  };
}

/** Where a patch file of a stored plan is. */
export function patchFilePlace({ root }: Pick<Checkout, "root">, { file }: PatchFile): string {
  return resolve(root, file);
}

/** The table of plans, one row a run, written in the transaction that makes the run. */
export const storedPlansComponent: SchemaComponent = {
  name: "stored_plans",
  migrations: [
    {
      version: 1,
      sql: `
CREATE TABLE stored_plans (
  run_id TEXT PRIMARY KEY REFERENCES runs (run_id),
  base TEXT NOT NULL,
  plan TEXT NOT NULL CHECK (json_valid(plan)),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1
);
CREATE TRIGGER stored_plans_no_update BEFORE UPDATE ON stored_plans
  BEGIN SELECT RAISE(ABORT, 'stored_plans never change'); END;
CREATE TRIGGER stored_plans_no_delete BEFORE DELETE ON stored_plans
  BEGIN SELECT RAISE(ABORT, 'stored_plans never change'); END;
`,
    },
  ],
};

export function storedPlanRow(run: string, { plan, base }: StoredPlan): Omit<DomainWrite, "at" | "isNew"> {
  return { table: "stored_plans", key: "run_id", values: { run_id: run, base, plan: JSON.stringify(plan) } };
}

/** Hash of a plan as it is stored: of the commit, a line break, and the plan's JSON. */
export function storedPlanHash({ plan, base }: StoredPlan): string {
  return createHash("sha256")
    .update(`${base}\n${JSON.stringify(plan)}`)
    .digest("hex");
}

/** The plan of a run, or undefined where there is no such run. */
export function readStoredPlan(reader: Database, run: string): StoredPlan | undefined {
  const row = reader.prepare("SELECT base, plan FROM stored_plans WHERE run_id = ?").get(run);
  const found = row as { base: string; plan: string } | undefined;
  return found && { base: found.base, plan: JSON.parse(found.plan) as Plan };
}
