/** For each machine of the catalogue what its paths are generated from: inputs, payloads of events, answers of effects. */
import type { AnyEventObject } from "xstate";
import { catalogue, type EntityType, type MachineEntry } from "../../../machines/index.ts";
import type { WorkstreamContext } from "../../../machines/orchestration/workstream.types.ts";
import type { ActorAnswers, PathsOptions, Payload } from "../../testing/index.ts";
import { by, gateReport, patchReport, taskReport } from "./reports.ts";
import { eventsOf, subjects } from "./subjects.ts";

/** The id that each machine is started with. */
export const sampleId = "x";

/** Payloads besides those of the walks. */
const payloads: Readonly<Partial<Record<EntityType, Readonly<Record<string, readonly Payload[]>>>>> = {
  run: {
    orchestrator_started: [{ workstreams: [] }],
  },
  workstream: {
    task_changed: [
      taskReport("queued", "running"),
      taskReport("running", "completed"),
      taskReport("running", "failed"),
      taskReport("running", "failed", true),
    ],
    patch_created: [{ task_id: `${sampleId}.1`, patch: { patch_id: "p" } }],
    patch_changed: [patchReport("validated"), patchReport("committed"), patchReport("quarantined")],
    gate_changed: [gateReport(`${sampleId}~m1`, "PASSED"), gateReport(`${sampleId}~m1`, "FAILED")],
    task_redone: [{ task_id: "none", successor_id: "none~r1", ...by }],
  },
  patch_ledger: {
    gate_changed: [gateReport(sampleId, "PASSED"), gateReport(sampleId, "FAILED")],
  },
  task: {
    user_cancelled: [by, { by_parent: true, reason: "over" }],
  },
};

const inputs: Readonly<Partial<Record<EntityType, readonly unknown[]>>> = {
  workstream: [
    {
      run_id: "r",
      ws_id: sampleId,
      final: [{ name: "unit", gate_type: "UNIT", command: "true" }],
    },
  ],
  patch_ledger: [{ run_id: "r", ws_id: "w", task_id: "t", patch: { patch_id: sampleId }, max_apply_attempts: 1 }],
};

const results: Readonly<Partial<Record<EntityType, Readonly<Record<string, ActorAnswers>>>>> = {
  task: {
    executeTask: {
      done: [
        { exit_code: 0 },
        { exit_code: 0, patch: { patch_id: "p" } },
        { exit_code: 1 },
        { exit_code: null, timed_out: true },
      ],
    },
  },
  test_gate: { runGate: { done: [{ exit_code: 0 }, { exit_code: 1 }, { exit_code: null, timed_out: true }] } },
  patch_ledger: {
    validatePatch: {
      done: [
        { format_passed: true, scope_passed: true, constraints_passed: true, reason: null },
        { format_passed: true, scope_passed: false, constraints_passed: true, reason: "outside its scope" },
      ],
    },
    applyPatch: { done: [{ applied: true }, { applied: false, reason: "it does not apply" }] },
    commitPatch: { done: [{ commit_sha: "abc" }] },
  },
};

/** Words decide nothing, and of counts and queues it is enough to know whether there is one or more. */
function asFewAsOne(name: string, value: unknown): unknown {
  if (name === "last_error" || name === "first_failure") {
    return null;
  }
  const count = name === "patch_queue" && Array.isArray(value) ? value.length : value;
  return typeof count === "number" ? Math.max(0, Math.min(count, 1)) : value;
}

/** A workstream counts whatever its children are said to do, even before it has any: there would be no end of it. */
const contexts: Readonly<Partial<Record<EntityType, (context: never) => unknown>>> = {
  workstream: (context: WorkstreamContext) =>
    context.tasks_created ? JSON.stringify(context, asFewAsOne) : context.waiting_for,
};

/** What the paths of a machine are generated from. */
export function samplesOf(entity: EntityType): Omit<PathsOptions, "cover"> {
  const { machine }: MachineEntry = catalogue[entity];
  const walks = subjects[entity];
  const known = new Set(machine.events as readonly string[]);
  const events = new Map<string, Payload[]>();
  const add = (type: string, payload: Payload): void => {
    if (known.has(type)) {
      const others = events.get(type) ?? [];
      const isNew = others.every((other) => JSON.stringify(other) !== JSON.stringify(payload));
      events.set(type, isNew ? [...others, payload] : others);
    }
  };
  for (const walk of walks) {
    for (const { type, ...payload } of eventsOf(entity, walk, sampleId) as AnyEventObject[]) {
      add(type, payload);
    }
  }
  for (const [type, all] of Object.entries(payloads[entity] ?? {})) {
    for (const payload of all) {
      add(type, payload);
    }
  }
  return {
    inputs: [...walks.map(({ input }) => input(sampleId)), ...(inputs[entity] ?? [])],
    events: Object.fromEntries(events),
    ...(results[entity] !== undefined && { results: results[entity] }),
    ...(contexts[entity] !== undefined && { context: contexts[entity] }),
  };
}
