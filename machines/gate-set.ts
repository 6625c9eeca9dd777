import type { EventObject } from "xstate";
import { gateId } from "./ids.ts";
import type { GateTally } from "./uet/patch-ledger.types.ts";
import type { GateChanged, GateDefinition, GateInput, GateOwner } from "./uet/test-gate.types.ts";

export const noGates: GateTally = { total: 0, passed: 0, failed: 0, blocked: 0, first_failure: null };

/** One fresh gate for each definition, with who waits for whom, ready to be spawned under its id. */
export function gateInputs(
  gates: readonly GateDefinition[],
  owner: GateOwner,
  options: { readonly held?: boolean; readonly waiting?: Readonly<Record<string, readonly string[]>> } = {},
): { readonly id: string; readonly input: GateInput }[] {
  return gates.map((gate) => ({
    id: gateId(owner.set_id, gate.name),
    input: {
      ...owner,
      gate,
      held: options.held ?? false,
      dependants: [
        ...gates
          .filter(({ depends_on }) => depends_on?.includes(gate.name))
          .map(({ name }) => gateId(owner.set_id, name)),
        ...(options.waiting?.[gate.name] ?? []),
      ],
    },
  }));
}

/** The tally after one of its gates moved. */
export function tallied(tally: GateTally, { from, to, reason }: GateChanged): GateTally {
  const change = (state: string): number => Number(to === state) - Number(from === state);
  return {
    total: tally.total,
    passed: tally.passed + change("PASSED"),
    failed: tally.failed + change("FAILED"),
    blocked: tally.blocked + change("BLOCKED"),
    first_failure: tally.first_failure ?? (to === "FAILED" ? reason : null),
  };
}

/** What a set amounts to: blocked gates never run unless a person has a gate done again. */
export function verdictOf({ total, passed, failed, blocked }: GateTally): "passed" | "failed" | "open" {
  if (passed === total) {
    return "passed";
  }
  return failed > 0 && passed + failed + blocked === total ? "failed" : "open";
}

/** What a gate's end means for those that wait for it; undefined while it has not ended. */
export function dependencyEvent({ answers_for, to }: GateChanged): EventObject | undefined {
  const hasEnded = to === "PASSED" || to === "FAILED" || to === "BLOCKED";
  return hasEnded ? ({ type: "dependency_ended", id: answers_for, state: to } as EventObject) : undefined;
}
