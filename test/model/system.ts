/** The whole system as a model: a run with its family, and all that can happen to it from outside. */
import { type AnyActorRef, type AnyStateMachine, createActor, type StateValue } from "xstate";
import { runMachine } from "../../machines/orchestration/run.ts";
import type { WorkstreamDefinition } from "../../machines/orchestration/workstream.types.ts";
import { circuitBreakerMachine } from "../../machines/uet/circuit-breaker.ts";
import { simulatedClock } from "../../src/testing/index.ts";
import { movesObserver } from "../machines/moves.fixture.ts";
import { beginTool, type Tool, toolAfter, toolPath } from "./tool.ts";

/** One actor of a situation. Its path is its id after those of its parents: `r/a/a.1`. */
export interface Part {
  readonly path: string;
  readonly machine: string;
  readonly value: StateValue;
  /** Outermost state. */
  readonly state: string;
  readonly status: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Where the whole system is: what XState needs to go on from it, and its actors to look at. */
export interface Situation {
  readonly snapshot: unknown;
  /** What the tasks call; its breaker is one of the parts. */
  readonly tool: Tool;
  readonly parts: ReadonlyMap<string, Part>;
  /** The same for two situations that cannot be told apart by what can happen next. */
  readonly key: string;
  /** For each actor the paths of those that it waits for. */
  readonly waits: ReadonlyMap<string, readonly string[]>;
  /** Moves on the way here from the situation before that the catalogue does not declare. */
  readonly undeclared: readonly string[];
}

/** Something that happens to one actor from outside. */
export interface Happening {
  readonly path: string;
  readonly event: { readonly type: string; readonly [key: string]: unknown };
  /** What a person does, and need not happen for the system to come to an end. */
  readonly byPerson: boolean;
}

export const gate = { name: "unit", gate_type: "UNIT", command: "true" } as const;

/** The machines that are tried: a run with its family, and the breaker of the tool that its tasks call. */
export interface Machines {
  readonly run: AnyStateMachine;
  readonly breaker: AnyStateMachine;
}

export const realMachines: Machines = { run: runMachine, breaker: circuitBreakerMachine };

/** Two workstreams, the second after the first, with two tasks each; patches are verified, merges are checked. */
export const configuration: readonly WorkstreamDefinition[] = [
  {
    ws_id: "a",
    tasks: [
      { task_id: "a.1", max_retries: 1 },
      { task_id: "a.2", max_retries: 1, depends_on: ["a.1"] },
    ],
    verify: [gate],
    final: [gate],
  },
  {
    ws_id: "b",
    depends_on: ["a"],
    allow_failure: true,
    tasks: [
      { task_id: "b.1", max_retries: 1 },
      { task_id: "b.2", max_retries: 1, allow_failure: true },
    ],
  },
];

/** Tasks that wait for gates, one of which waits for another; others wait for such a task, or for nothing. */
export const behindGates: readonly WorkstreamDefinition[] = [
  {
    ws_id: "a",
    gates: [gate, { ...gate, name: "late", depends_on: ["unit"] }, { ...gate, name: "other" }],
    tasks: [
      { task_id: "a.2", max_retries: 0, gate_dependencies: ["a~late", "a~other"] },
      { task_id: "a.3", max_retries: 0, depends_on: ["a.2"] },
      { task_id: "a.4", max_retries: 0, gate_dependencies: ["a~unit"], allow_failure: true },
      { task_id: "a.5", max_retries: 0 },
    ],
  },
];

/** The system before anything has happened. */
export function begin({ run, breaker } = realMachines, workstreams = configuration): Situation {
  const { inspect, undeclared } = movesObserver();
  const root = createActor(run, { id: "r", input: { run_id: "r" }, clock: simulatedClock(), inspect });
  root.start();
  root.send({ type: "orchestrator_started", workstreams });
  return situationOf(root, undeclared, waitsOf(workstreams), () => beginTool(breaker));
}

function waitsOf(workstreams: readonly WorkstreamDefinition[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    workstreams.flatMap(({ ws_id, depends_on = [], tasks }) => {
      const before = depends_on.map((id) => `r/${id}`);
      return [
        [`r/${ws_id}`, before] as const,
        ...tasks.map((task): readonly [string, readonly string[]] => [
          `r/${ws_id}/${task.task_id}`,
          [
            ...before,
            ...[...(task.depends_on ?? []), ...(task.gate_dependencies ?? [])].map((id) => `r/${ws_id}/${id}`),
          ],
        ]),
      ];
    }),
  );
}

/** The situation after something has happened. */
export function after({ run, breaker }: Machines, situation: Situation, happening: Happening): Situation {
  const { path, event } = happening;
  const { inspect, undeclared } = movesObserver();
  const options = { id: "r", snapshot: situation.snapshot, clock: simulatedClock(), inspect } as never;
  const root = createActor(run, options);
  root.start();
  if (path !== toolPath) {
    actorAt(root, path)?.send(event);
  }
  return situationOf(root, undeclared, situation.waits, (parts) =>
    toolAfter(breaker, situation.tool, happening, parts, inspect),
  );
}

function actorAt(root: AnyActorRef, path: string): AnyActorRef | undefined {
  let actor: AnyActorRef | undefined = root;
  for (const id of path.split("/").slice(1)) {
    actor = childrenOf(actor)[id];
  }
  return actor;
}

const childrenOf = (actor: AnyActorRef | undefined): Record<string, AnyActorRef> =>
  (actor?.getSnapshot() as { children?: Record<string, AnyActorRef> } | undefined)?.children ?? {};

/** Words that say why, and differ by the order in which things happened; nothing depends on them. */
const words: ReadonlySet<string> = new Set(["last_error", "quarantine_reason", "first_failure", "duration_seconds"]);

function situationOf(
  root: AnyActorRef,
  undeclared: readonly string[],
  waits: Situation["waits"],
  toolWith: (parts: Situation["parts"]) => Tool,
): Situation {
  const parts = new Map<string, Part>();
  const visit = (actor: AnyActorRef, path: string): void => {
    const snapshot = actor.getSnapshot() as { value?: StateValue; status: string; context?: Record<string, unknown> };
    if (snapshot.value === undefined) {
      return;
    }
    const { value, status, context = {} } = snapshot;
    const state = typeof value === "string" ? value : (Object.keys(value)[0] ?? "");
    const machine = (actor as { logic?: { id?: string } }).logic?.id ?? "";
    parts.set(path, { path, machine, value, state, status, context });
    for (const [id, child] of Object.entries(childrenOf(actor))) {
      visit(child, `${path}/${id}`);
    }
  };
  visit(root, "r");
  const tool = toolWith(parts);
  parts.set(toolPath, tool.part);
  const marks = [...parts.values()]
    .map(({ path, value, context }) =>
      JSON.stringify([path, value, context], (key, each) => (words.has(key) ? 0 : each)),
    )
    .sort();
  const key = [...marks, JSON.stringify([...tool.calls].sort())].join("\n");
  return { snapshot: root.getPersistedSnapshot(), tool, parts, key, undeclared, waits };
}
