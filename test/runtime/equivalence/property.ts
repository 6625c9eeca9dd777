import fc from "fast-check";
import { expect } from "vitest";
import { type AnyActorRef, createActor } from "xstate";
import { openRuntime } from "../../../src/runtime/index.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../../src/testing/simulated-clock.ts";
import { buildMachine } from "./build-machine.ts";
import { Outside } from "./logics.ts";
import { type MachineSpec, machineSpec, type StepSpec, steps } from "./machine-spec.ts";
import { isLost, isWhole, messageOf, view } from "./view.ts";

/** What a run shows to whoever watches it. */
class Witness {
  readonly emitted: unknown[] = [];
  readonly notified: unknown[] = [];
  readonly seen: unknown[] = [];

  watch(actor: AnyActorRef): void {
    actor.on("*", (event) => this.emitted.push(event));
    actor.subscribe({
      next: ({ status, value, context }) => this.notified.push({ status, value, n: context.n }),
      error: (error) => this.notified.push(messageOf(error)),
      complete: () => this.notified.push("complete"),
    });
  }

  look(actor: AnyActorRef, outside: Outside): void {
    this.seen.push({ ...(view(actor) as object), outside: outside.look() });
  }
}

interface Run extends Witness {
  readonly said: readonly string[];
}

/** XState warns on the console of each event to an ended actor. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await run();
  } finally {
    console.warn = warn;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Does one thing, or lets time pass in small parts; `rest` is awaited after each, as the event loop would turn. */
async function take(
  step: StepSpec,
  { actor, outside, clock }: { actor: AnyActorRef; outside: Outside; clock: { advance(ms: number): void } },
  rest: () => Promise<void>,
): Promise<void> {
  if (!("advance" in step)) {
    if ("send" in step) {
      actor.send({ type: `E.${step.send}` });
    } else {
      outside.move(step.outside, step.how);
    }
    return rest();
  }
  for (let passed = 0; passed < step.advance; passed += 5) {
    clock.advance(5);
    await rest();
  }
}

/** Undefined when the machine comes into a state that cannot be told (`isWhole`, `isLost`). */
async function plain(spec: MachineSpec, list: readonly StepSpec[], outside = new Outside()): Promise<Run | undefined> {
  const clock = simulatedClock();
  const witness = new Witness();
  const made: AnyActorRef[] = [];
  const actor = createActor(buildMachine(spec, outside), {
    id: "m",
    clock: clock as never,
    logger: () => undefined,
    inspect: (event) => event.type === "@xstate.actor" && made.push(event.actorRef as AnyActorRef),
  }) as unknown as AnyActorRef;
  witness.watch(actor);
  actor.start();
  witness.look(actor, outside);
  for (const step of list) {
    if (!isWhole(actor) || made.some(isLost)) {
      return undefined;
    }
    await take(step, { actor, outside, clock }, turn);
    witness.look(actor, outside);
  }
  return Object.assign(witness, { said: outside.said });
}

/** What plain XState shows; undefined when the machine comes into a state that cannot be told. */
export const inXState = (spec: MachineSpec, list: readonly StepSpec[], outside?: Outside): Promise<Run | undefined> =>
  quietly(() => plain(spec, list, outside));

/** The same over a restart before each step. */
async function durable(spec: MachineSpec, list: readonly StepSpec[]): Promise<Run> {
  const clock = simulatedClock();
  const store = openSqlite({ file: ":memory:", clock });
  const outside = new Outside();
  const machine = buildMachine(spec, outside);
  const witness = new Witness();
  const open = async () => {
    const runtime = await openRuntime({ store, clock, machines: { machine }, logger: () => undefined });
    const actor = runtime.createActor(machine, { id: "m" }) as unknown as AnyActorRef;
    return { runtime, actor };
  };
  let { runtime, actor } = await open();
  witness.watch(actor);
  actor.start();
  await runtime.settled();
  witness.look(actor, outside);
  for (const step of list) {
    runtime.halt();
    ({ runtime, actor } = await open());
    // One that has ended says so to each new observer, as in XState, and the witness has heard it.
    if (actor.getSnapshot().status === "active") {
      witness.watch(actor);
    }
    await runtime.settled();
    await take(step, { actor, outside, clock }, async () => {
      // A promise that settled tells so in a later turn, and what follows begins after its commit.
      await turn();
      await runtime.settled();
    });
    witness.look(actor, outside);
  }
  runtime.halt();
  store.close();
  return Object.assign(witness, { said: outside.said });
}

/** Plain XState, and Pawl with a restart after every cascade, cannot be told apart (I1, I3, I4). */
export const sameAsXState = fc.asyncProperty(machineSpec, steps, async (spec, list) => {
  const expected = await inXState(spec, list);
  fc.pre(expected !== undefined);
  const found = await quietly(() => durable(spec, list));
  expect(found.seen).toEqual(expected?.seen);
  expect(found.said).toEqual(expected?.said);
  expect(found.emitted).toEqual(expected?.emitted);
  expect(found.notified).toEqual(expected?.notified);
});
