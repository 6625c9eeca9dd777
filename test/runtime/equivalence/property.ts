import fc from "fast-check";
import { expect } from "vitest";
import { type AnyActorRef, type AnyStateMachine, createActor } from "xstate";
import { openRuntime } from "../../../src/runtime/index.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../../src/testing/simulated-clock.ts";
import { buildMachine } from "./build-machine.ts";
import { machineSpec, type StepSpec, steps } from "./machine-spec.ts";

interface Run {
  readonly emitted: unknown[];
  readonly seen: unknown[];
}

function watch(actor: AnyActorRef, emitted: unknown[]): void {
  actor.on("*", (event) => emitted.push(event));
  actor.subscribe({ error: () => undefined });
}

/** All that a user can see of an actor. */
function view(actor: AnyActorRef): unknown {
  const snapshot = actor.getSnapshot() as {
    status: string;
    value: unknown;
    context: unknown;
    output: unknown;
    error: unknown;
    tags?: Set<string>;
    children?: Record<string, AnyActorRef>;
  };
  return {
    status: snapshot.status,
    value: snapshot.value,
    context: snapshot.context,
    output: snapshot.output,
    error: snapshot.error instanceof Error ? snapshot.error.message : snapshot.error,
    // XState derives them from the state; one that failed while it was made shows those of no state.
    tags: snapshot.status === "error" ? [] : [...(snapshot.tags ?? [])].sort(),
    // What an ended machine still lists of children that were stopped with it is of no use to anybody.
    children:
      snapshot.status === "active"
        ? Object.fromEntries(Object.entries(snapshot.children ?? {}).map(([key, child]) => [key, view(child)]))
        : undefined,
  };
}

/**
 * XState can leave a region of a parallel state without any active node, when a history state without a past is the
 * target. Such a configuration has no value that tells it, so it cannot be stored; XState's own persistence mends it.
 */
function isWhole(machine: AnyStateMachine, actor: AnyActorRef): boolean {
  const snapshot = actor.getSnapshot() as { value: never; context: never; _nodes: readonly unknown[]; status: string };
  const { _nodes: nodes } = machine.resolveState({ value: snapshot.value, context: snapshot.context }) as unknown as {
    _nodes: readonly unknown[];
  };
  return snapshot.status === "error" || nodes.length === snapshot._nodes.length;
}

function plain(machine: AnyStateMachine, list: readonly StepSpec[]): Run {
  const clock = simulatedClock();
  const run: Run = { emitted: [], seen: [] };
  const actor = createActor(machine, { id: "m", clock: clock as never, logger: () => undefined });
  watch(actor, run.emitted);
  actor.start();
  run.seen.push(view(actor));
  for (const step of list) {
    quietly(() => {
      if ("send" in step) {
        actor.send({ type: `E${step.send}` });
      } else {
        clock.advance(step.advance);
      }
    });
    fc.pre(isWhole(machine, actor));
    run.seen.push(view(actor));
  }
  return run;
}

async function durable(machine: AnyStateMachine, list: readonly StepSpec[]): Promise<Run> {
  const clock = simulatedClock();
  const store = openSqlite({ file: ":memory:", clock });
  const open = () => openRuntime({ store, clock, machines: { machine }, logger: () => undefined });
  const run: Run = { emitted: [], seen: [] };
  let runtime = await open();
  let actor = runtime.createActor(machine, { id: "m" }) as AnyActorRef;
  watch(actor, run.emitted);
  actor.start();
  run.seen.push(view(actor));
  for (const step of list) {
    await runtime.settled();
    runtime.halt();
    runtime = await open();
    actor = runtime.createActor(machine, { id: "m" }) as AnyActorRef;
    watch(actor, run.emitted);
    quietly(() => {
      if ("send" in step) {
        actor.send({ type: `E${step.send}` });
      } else {
        clock.advance(step.advance);
      }
    });
    run.seen.push(view(actor));
  }
  await runtime.settled();
  runtime.halt();
  store.close();
  return run;
}

/** Plain XState, and Pawl with a restart after every cascade, cannot be told apart (I1, I4). */
/** XState warns on the console of each event to an ended actor. */
function quietly<T>(run: () => T): T {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return run();
  } finally {
    console.warn = warn;
  }
}

export const sameAsXState = fc.asyncProperty(machineSpec, steps, async (spec, list) => {
  const machine = buildMachine(spec);
  fc.pre(machine !== undefined);
  const expected = plain(machine as AnyStateMachine, list);
  const found = await durable(machine as AnyStateMachine, list);
  expect(found.seen).toEqual(expected.seen);
  expect(found.emitted).toEqual(expected.emitted);
});
