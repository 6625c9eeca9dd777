import {
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createActor,
  fromCallback,
} from "xstate";
import { PawlError } from "../base/errors/index.ts";
import { actorIdOf, actorName, causeOf, eventLabel } from "./event-label.ts";
import { partsOf } from "./machine-parts.ts";
import { valueText } from "./value-text.ts";

/** One step of a machine, and what it went through on the way. */
export interface Traced {
  readonly snapshot: AnyMachineSnapshot;
  /** Ids of the transitions taken, a group for each microstep that took any, in order. */
  readonly taken: readonly (readonly string[])[];
  /** Ids of the states it was in, those included that it left again within the step. */
  readonly entered: readonly string[];
}

/** Runs a machine step by step without letting it do anything: no actor starts, no timer is armed, nothing is sent. */
export interface Probe {
  /** @throws PawlError TESTING_START_THREW */
  start(input: unknown): Traced;
  /** `taken` is empty where the machine does not react. @throws PawlError TESTING_STEP_THREW */
  step(from: AnyMachineSnapshot, event: AnyEventObject): Traced;
}

export function probe(machine: AnyStateMachine): Probe {
  const parts = partsOf(machine);

  function traced(
    before: AnyMachineSnapshot | undefined,
    run: (scope: Scope) => AnyMachineSnapshot,
    fail: (cause: unknown) => Error,
  ): Traced {
    const taken: string[][] = [];
    const entered = new Set<string>();
    const scope = silentScope(machine.id, before, (definitions, snapshot) => {
      const ids = definitions.flatMap((definition) => parts.partOf(definition)?.id ?? []);
      if (ids.length > 0) {
        taken.push(ids);
      }
      for (const node of definitions.length > 0 ? activeNodes(snapshot) : []) {
        entered.add(node);
      }
      for (const definition of definitions) {
        entered.add(definition.source.id);
      }
    });
    let snapshot: AnyMachineSnapshot;
    try {
      snapshot = run(scope);
    } catch (cause) {
      throw fail(cause);
    }
    // XState turns what a start throws into a snapshot; a machine has no other way to fail by itself.
    if (snapshot.status === "error") {
      throw fail(snapshot.error);
    }
    for (const node of activeNodes(snapshot)) {
      entered.add(node);
    }
    entered.delete(machine.root.id);
    return { snapshot, taken, entered: [...entered] };
  }

  return {
    start: (input) =>
      traced(
        undefined,
        (scope) => machine.getInitialSnapshot(scope, input),
        (cause) => new PawlError("TESTING_START_THREW", { machine: machine.id, reason: reasonOf(cause) }, { cause }),
      ),
    step: (from, event) =>
      traced(
        from,
        (scope) => machine.transition(from, event, scope),
        (cause) =>
          new PawlError(
            "TESTING_STEP_THREW",
            {
              machine: machine.id,
              state: valueText(from.value),
              event: labelIn(from, event.type),
              reason: reasonOf(cause),
              option: sampleOption(from, event.type),
            },
            { cause },
          ),
      ),
  };
}

/** What is said of an event in a state: XState's names of timers and results are put into words. */
export function labelIn(snapshot: AnyMachineSnapshot, type: string): string {
  const node = snapshot._nodes.find((active) => active.transitions.has(type));
  return node === undefined ? type : eventLabel(node, type);
}

/** Where the sample of an event is given; a timer's event has none, and what it meets comes from the input. */
function sampleOption(snapshot: AnyMachineSnapshot, type: string): string {
  const cause = causeOf(type);
  const id = actorIdOf(type);
  if (id === undefined) {
    return cause === "timer" ? "input" : `events: { ${JSON.stringify(type)}: … }`;
  }
  const node = snapshot._nodes.find((active) => active.transitions.has(type));
  const name = node === undefined ? id : actorName(node, id);
  const answer = cause === "result" ? "done" : cause === "failure" ? "failed" : "changed";
  return `results: { ${JSON.stringify(name)}: { ${answer}: … } }`;
}

function activeNodes(snapshot: AnyMachineSnapshot): string[] {
  return snapshot._nodes.map((node) => node.id);
}

type Scope = Parameters<AnyStateMachine["transition"]>[2];

type Watch = (definitions: readonly AnyTransitionDefinition[], snapshot: AnyMachineSnapshot) => void;

/** What XState shows of a microstep; the transitions in it are there for its own tools. */
interface Microstep {
  readonly type: "@xstate.microstep";
  readonly actorRef: unknown;
  readonly snapshot: AnyMachineSnapshot;
  readonly _transitions: readonly AnyTransitionDefinition[];
}

const nothing = fromCallback(() => undefined);

/**
 * A place to run one step in. Each step has a system of its own, as children with a `systemId` would otherwise be in
 * each other's way; and a parent, so that a machine made to be a child can tell it things.
 */
function silentScope(id: string, before: AnyMachineSnapshot | undefined, watch: Watch): Scope {
  const parent = createActor(nothing, {
    inspect: (event) => {
      if (event.type === "@xstate.microstep") {
        const step = event as unknown as Microstep;
        if (step.actorRef === self) {
          watch(step._transitions, step.snapshot);
        }
      }
    },
  });
  const self = createActor(nothing, { id, parent });
  // What an action that asks its own actor would see.
  Object.assign(self, { getSnapshot: () => before });
  return {
    self,
    id,
    sessionId: self.sessionId,
    system: self.system,
    logger: () => undefined,
    defer: () => undefined,
    stopChild: () => undefined,
    emit: () => undefined,
    actionExecutor: () => undefined,
  } as unknown as Scope;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
