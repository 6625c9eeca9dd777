/** Every machine with all that is derived from it: the index that constraints, diagrams, documents and tests read. */
import type { AnyStateMachine } from "xstate";
import type {
  MachineEntry,
  Namespace,
  Since,
  StateEntry,
  StateMeta,
  TransitionEntry,
  TransitionMeta,
} from "./entry.ts";
import { runMachine } from "./orchestration/run.ts";
import { taskMachine } from "./orchestration/task.ts";
import { workerMachine } from "./orchestration/worker.ts";
import { workstreamMachine } from "./orchestration/workstream.ts";
import { circuitBreakerMachine } from "./uet/circuit-breaker.ts";
import { patchLedgerMachine } from "./uet/patch-ledger.ts";
import { testGateMachine } from "./uet/test-gate.ts";
import { uetWorkerMachine } from "./uet/uet-worker.ts";

const version = "1.1.0";

function entry<M extends AnyStateMachine>(
  namespace: Namespace,
  section: string,
  entity: string,
  machine: M,
): MachineEntry<M> {
  const initial = String(machine.config.initial);
  const states = statesOf(machine, initial);
  return {
    name: machine.id,
    namespace,
    section,
    version,
    entity,
    machine,
    initial,
    states,
    terminal: states.filter(({ terminal }) => terminal).map(({ name }) => name),
    transitions: transitionsOf(machine),
  };
}

function statesOf(machine: AnyStateMachine, initial: string): StateEntry[] {
  return Object.values(machine.root.states).map((node) => ({
    ...(node.meta as StateMeta),
    name: node.key,
    description: node.description ?? "",
    initial: node.key === initial,
    terminal: node.type === "final",
  }));
}

/** Declared transitions between outermost states, each once; those inside of one are how a machine does its work. */
function transitionsOf(machine: AnyStateMachine): TransitionEntry[] {
  const found = new Map<string, TransitionEntry>();
  for (const state of Object.values(machine.root.states)) {
    for (const transition of [...state.transitions.values()].flat()) {
      const meta = transition.meta as TransitionMeta | undefined;
      const target = transition.target?.[0];
      if (meta?.trigger === undefined || target === undefined) {
        continue;
      }
      const to = target.path[0] ?? "";
      found.set(`${state.key} ${to} ${meta.trigger}`, {
        ...meta,
        from: state.key,
        to,
        description: transition.description ?? "",
      });
    }
  }
  return [...found.values()];
}

export const catalogue = {
  run: entry("orchestration", "1.2", "one execution of a whole plan", runMachine),
  workstream: entry("orchestration", "1.3", "a group of tasks of one run, merged as one", workstreamMachine),
  task: entry("orchestration", "1.4", "one unit of work, done by one worker at a time", taskMachine),
  worker: entry("orchestration", "1.5", "one member of the worker pool", workerMachine),
  uet_worker: entry(
    "uet",
    "2.1",
    "one worker of the execution engine that applies patches and runs gates",
    uetWorkerMachine,
  ),
  patch_ledger: entry("uet", "2.2", "one patch, from its making to its commit or its end", patchLedgerMachine),
  test_gate: entry("uet", "2.3", "one check: a command with an expected exit code", testGateMachine),
  circuit_breaker: entry("uet", "2.4", "guards one tool against repeated failure", circuitBreakerMachine),
} as const;

export type EntityType = keyof typeof catalogue;

/** Entries without what came later: the strict view of a version. Overrides came with 1.1.0. */
export function catalogueAt(since: Since): MachineEntry[] {
  const isThere = (thing: { readonly since: Since }): boolean => thing.since <= since;
  return Object.values<MachineEntry>(catalogue).map((one) => ({
    ...one,
    version: since,
    states: one.states.filter(isThere),
    transitions: one.transitions.filter(isThere),
  }));
}

/** One addition to the catalogue since its first version. */
export interface Change {
  readonly since: Since;
  readonly machine: string;
  readonly what: string;
  readonly description: string;
}

/** Every addition since 1.0.0. */
export const changeLog: readonly Change[] = Object.values<MachineEntry>(catalogue).flatMap((one) => [
  ...one.states
    .filter(({ since }) => since !== "1.0.0")
    .map(({ name, since, description }) => ({ since, machine: one.name, what: `state ${name}`, description })),
  ...one.transitions
    .filter(({ since }) => since !== "1.0.0")
    .map(({ from, to, trigger, since, description, override }) => ({
      since,
      machine: one.name,
      what: `${override === true ? "override" : "transition"} ${from} → ${to} by ${trigger}`,
      description,
    })),
]);
