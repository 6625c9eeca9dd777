/** The tool that every task of the model calls, behind one circuit breaker (§2.4). */
import { type AnyStateMachine, createActor, type InspectionEvent } from "xstate";
import { breakerLetsPass, circuitBreakerMachine } from "../../machines/uet/circuit-breaker.ts";
import { simulatedClock } from "../../src/testing/index.ts";
import type { Happening, Part } from "./system.ts";

export const toolPath = "tool";

/** How often it fails before the breaker opens, and succeeds before it closes. */
const input = { tool_id: toolPath, failure_threshold: 2, success_threshold: 2 };

type Call = "passed" | "refused";

/** Where the breaker is, and the calls of the tasks that run. */
export interface Tool {
  readonly snapshot: unknown;
  readonly part: Part;
  /** By the path of the task: one for each that runs. */
  readonly calls: ReadonlyMap<string, Call>;
}

export function beginTool(machine: AnyStateMachine = circuitBreakerMachine): Tool {
  return { ...breakerAfter(machine, undefined, []), calls: new Map() };
}

/**
 * The tool after something has happened: a task that begins to run calls it, if the breaker lets it; the end of a call
 * is told to the breaker, unless the task was stopped; or something happened to the breaker itself.
 */
export function toolAfter(
  machine: AnyStateMachine,
  tool: Tool,
  { path, event }: Happening,
  parts: ReadonlyMap<string, Part>,
  inspect: (event: InspectionEvent) => void,
): Tool {
  const events = path === toolPath ? [event] : outcomeOf(tool, path, event);
  const { part, snapshot } = breakerAfter(machine, tool.snapshot, events, inspect);
  const running = [...parts.values()].filter(({ machine: kind, state }) => kind === "task" && state === "running");
  const calls = new Map<string, Call>();
  for (const { path: task } of running) {
    const before = task === path ? undefined : tool.calls.get(task);
    calls.set(task, before ?? (breakerLetsPass(part.state, underWay(tool, path)) ? "passed" : "refused"));
  }
  return { snapshot, part, calls };
}

/** Calls that were let through before, but for that of one task. */
const underWay = ({ calls }: Tool, but: string): number =>
  [...calls].filter(([task, call]) => call === "passed" && task !== but).length;

/** What the breaker is told of an end of a call. One that was refused was none. */
function outcomeOf(tool: Tool, path: string, event: Happening["event"]): Happening["event"][] {
  const isEnd = event.type.startsWith("xstate.done") || event.type === "timeout_exceeded";
  if (!isEnd || tool.calls.get(path) !== "passed") {
    return [];
  }
  const { exit_code } = (event["output"] ?? {}) as { readonly exit_code?: number };
  return [{ type: exit_code === 0 ? "call_succeeded" : "call_failed" }];
}

function breakerAfter(
  machine: AnyStateMachine,
  before: unknown,
  events: readonly Happening["event"][],
  inspect?: (event: InspectionEvent) => void,
): Pick<Tool, "part" | "snapshot"> {
  const options = { clock: simulatedClock(), ...(inspect && { inspect }) };
  const start = before === undefined ? { input } : { snapshot: before };
  const actor = createActor(machine, { ...options, ...start } as never);
  actor.start();
  for (const event of events) {
    actor.send(event);
  }
  const { value, status, context } = actor.getSnapshot();
  const part: Part = { path: toolPath, machine: "circuit_breaker", value, state: String(value), status, context };
  return { snapshot: actor.getPersistedSnapshot(), part };
}
