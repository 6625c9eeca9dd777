import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  createActor,
  type StateValue,
  setup,
} from "xstate";
import { simulatedClock } from "./simulated-clock.ts";
import type { PathSubject, SubjectFactory } from "./subject.ts";

export interface BareOptions {
  readonly input?: unknown;
}

/**
 * A machine under plain XState as a subject for its own paths. Time stands still and the actors it invokes or spawns by
 * name never act, so that timers and answers come only as the path says: a path's events for these are sent to it like
 * all others. Actors written into the machine in place do act; register them by name in `setup({ actors })`.
 */
export function bareMachine(machine: AnyStateMachine): SubjectFactory {
  return ({ input }) => startBare(machine, { input });
}

/** A running machine as `bareMachine` has it: `send` events to it and look at its `state`. */
export function startBare(machine: AnyStateMachine, options: BareOptions = {}): BareSubject {
  const named = Object.entries<RegisteredActor>(machine.implementations.actors);
  const actors = Object.fromEntries(named.map(([name, actor]) => [name, inert("src" in actor ? actor.src : actor)]));
  const failures: unknown[] = [];
  // A parent, so that a machine made to be a child can tell it things, and that a failure is not thrown at large.
  const parent = createActor(
    setup({ actors: { subject: machine.provide({ actors }) } }).createMachine({
      invoke: {
        src: "subject",
        id: machine.id,
        input: options.input,
        onError: { actions: ({ event }) => failures.push(event.error) },
      },
    }),
    { clock: simulatedClock() },
  );
  const actor = parent.getSnapshot().children[machine.id] as AnyActorRef;
  parent.start();
  throwFailure();

  function throwFailure(): void {
    for (const failure of failures) {
      throw failure;
    }
  }
  return {
    start: () => undefined,
    send(event) {
      actor.send(event);
      throwFailure();
    },
    state: () => actor.getSnapshot().value,
    context: () => actor.getSnapshot().context,
    stop: () => {
      parent.stop();
    },
  };
}

export interface BareSubject extends PathSubject {
  send(event: AnyEventObject): void;
  state(): StateValue;
  /** The machine's context, as it is now. */
  context(): unknown;
  stop(): void;
}

/** XState also has a form with an input beside the logic. */
type RegisteredActor = AnyActorLogic | { readonly src: AnyActorLogic };

/** The same actor to look at, with nothing in it that acts. */
function inert(logic: AnyActorLogic): AnyActorLogic {
  return {
    ...logic,
    getInitialSnapshot: (scope, input) =>
      logic.getInitialSnapshot({ ...scope, defer: drop, actionExecutor: drop }, input),
    getPersistedSnapshot: (snapshot, options) => logic.getPersistedSnapshot(snapshot, options),
    transition: (snapshot) => snapshot,
    start: drop,
  };
}

function drop(): void {}
