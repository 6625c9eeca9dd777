/** Binds every machine of the catalogue to its table of the domain component, for `openRuntime`'s `entity`. */
import type { EntityType } from "../../../machines/index.ts";
import type { EntityBinding } from "../../runtime/index.ts";
import { circuitBreakerBinding } from "./circuit-breaker.ts";
import { type PatchContentOf, patchLedgerBinding } from "./patch-ledger.ts";
import { runBinding } from "./run.ts";
import { taskBinding } from "./task.ts";
import { testGateBinding } from "./test-gate.ts";
import { uetWorkerBinding } from "./uet-worker.ts";
import { workerBinding } from "./worker.ts";
import { workstreamBinding } from "./workstream.ts";

export interface EntityBindingsOptions {
  /**
   * Content of a patch by the id of its row (`<run>/<patch>`), asked for once, when its ledger entry is made; a patch
   * without one is refused with PATCH_CONTENT_MISSING.
   */
  readonly patchContent: PatchContentOf;
  /** When a workstream, by the id of its row, began to execute in an earlier process: ISO 8601. */
  readonly executingSince?: (workstream: string) => string | undefined;
}

export function entityBindings({
  patchContent,
  executingSince,
}: EntityBindingsOptions): Record<EntityType, EntityBinding> {
  return {
    run: runBinding,
    workstream: workstreamBinding(executingSince),
    task: taskBinding,
    worker: workerBinding(),
    uet_worker: uetWorkerBinding(),
    patch_ledger: patchLedgerBinding(patchContent),
    test_gate: testGateBinding,
    circuit_breaker: circuitBreakerBinding,
  };
}
