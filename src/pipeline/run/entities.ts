import type { Database } from "better-sqlite3";
import type { EntityBinding } from "../../runtime/index.ts";
import { entityBindings } from "../entities/index.ts";
import { type StoredPlan, storedPlanRow } from "../state/index.ts";
import { pipelineMachines, type SiteOf } from "./machines.ts";
import type { MigrationsOf } from "./other-builds.ts";
import type { Patches } from "./patches.ts";

/** The machines of a run, with their effects, and with the rows and audit events of their entities. */
export function boundMachines({
  patches,
  newPlan,
  reader,
  siteOf,
  migrationsOf,
}: {
  readonly patches: Patches;
  /** The plan of a run that is being made. */
  readonly newPlan: (run: string) => StoredPlan | undefined;
  /** What is stored already. */
  readonly reader: Database;
  readonly siteOf: SiteOf;
  readonly migrationsOf: MigrationsOf;
}) {
  const machines = pipelineMachines(siteOf);
  const begun = reader
    .prepare<[string], string>(
      "SELECT transitioned_at FROM state_transitions WHERE entity_id = ? AND to_state = 'executing' ORDER BY transition_id LIMIT 1",
    )
    .pluck();
  const bindings = entityBindings({
    patchContent: (id) => patches.held(id),
    executingSince: (workstream) => begun.get(workstream),
  });
  const migrate = (machine: keyof typeof machines) => migrationsOf(machine, machines[machine].version ?? "1");
  return {
    run: { logic: machines.run, entity: withPlan(bindings.run, newPlan), migrate: migrate("run") },
    workstream: { logic: machines.workstream, entity: bindings.workstream, migrate: migrate("workstream") },
    task: { logic: machines.task, entity: bindings.task, migrate: migrate("task") },
    patch_ledger: { logic: machines.patch_ledger, entity: bindings.patch_ledger, migrate: migrate("patch_ledger") },
    test_gate: { logic: machines.test_gate, entity: bindings.test_gate, migrate: migrate("test_gate") },
  };
}

/** A run and its plan become durable together (I1). */
function withPlan(binding: EntityBinding, newPlan: (run: string) => StoredPlan | undefined): EntityBinding {
  return {
    ...binding,
    rowsOf: (step) => {
      const plan = step.from === undefined ? newPlan(step.entityId) : undefined;
      return [...binding.rowsOf(step), ...(plan === undefined ? [] : [storedPlanRow(step.entityId, plan)])];
    },
  };
}
