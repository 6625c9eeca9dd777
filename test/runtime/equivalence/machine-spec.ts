/** Random machines as plain data, so that a counterexample can be read, shrunk and run again from its seed. */
import fc from "fast-check";

/** What a child runs: `kid0` and `kid1` are random machines of their own, the others are fixed (`logics.ts`). */
export const kinds = ["child", "kid0", "kid1", "counter", "job", "line", "stream", "feed"] as const;
export type Kind = (typeof kinds)[number];

export interface Hire {
  readonly kind: Kind;
  /** One of a few names in the system: two children may claim the same, which is an error. */
  readonly peer: number | undefined;
  readonly sync: boolean;
}

export type ActionSpec =
  | { readonly do: "inc" | "emit" | "note" | "ping" | "cancelLater" | "checked" | "lone" }
  | { readonly do: "loneRef" | "tellRef" | "stopRef" }
  | { readonly do: "throw"; readonly when: number }
  | { readonly do: "spawn"; readonly hire: Hire }
  | { readonly do: "stop" | "forward"; readonly kind: Kind }
  | { readonly do: "raise" | "tellParent"; readonly event: number }
  | { readonly do: "tell"; readonly kind: Kind; readonly event: number }
  | { readonly do: "tellPeer"; readonly peer: number; readonly event: number }
  | { readonly do: "later" | "laterParent"; readonly event: number; readonly ms: number; readonly named: boolean }
  | { readonly do: "laterTell"; readonly kind: Kind; readonly event: number; readonly ms: number };

export type GuardSpec =
  /** Passes while `n % modulus === rest`. */
  | { readonly if: "mod"; readonly modulus: number; readonly rest: number }
  | { readonly if: "in" | "notIn"; readonly state: number }
  | { readonly if: "modAndIn"; readonly modulus: number; readonly rest: number; readonly state: number };

export interface TransitionSpec {
  /** Index of a state; undefined: none, the transition stays where it is. */
  readonly target: number | undefined;
  readonly reenter: boolean;
  readonly guard: GuardSpec | undefined;
  readonly actions: readonly ActionSpec[];
}

export interface InvokeSpec extends Hire {
  /** With an id of its own; else XState gives it one by its place. */
  readonly named: boolean;
  /** The logic itself in place of its name. */
  readonly inline: boolean;
  readonly onDone: TransitionSpec | undefined;
  readonly onError: TransitionSpec | undefined;
}

export const descriptors = [
  "*",
  "E.*",
  "R.*",
  "xstate.done.actor.*",
  "xstate.error.actor.*",
  "xstate.snapshot.*",
] as const;

export interface StateSpec {
  /** Index of the parent, always smaller than its own; the root is -1. */
  readonly parent: number;
  readonly kind: "normal" | "parallel" | "final" | "shallow" | "deep";
  readonly on: readonly Handler[];
  readonly wildcard:
    | { readonly descriptor: (typeof descriptors)[number]; readonly transition: TransitionSpec }
    | undefined;
  /** Taken once, when `n` reaches a value. */
  readonly always: { readonly at: number; readonly target: number } | undefined;
  readonly after: { readonly ms: number; readonly transition: TransitionSpec } | undefined;
  readonly onDone: TransitionSpec | undefined;
  readonly entry: readonly ActionSpec[];
  readonly exit: readonly ActionSpec[];
  readonly invoke: InvokeSpec | undefined;
  readonly tag: boolean;
}

export interface Handler {
  readonly event: number;
  readonly transition: TransitionSpec;
}

export interface MachineSpec {
  /** Taken where no state has another. */
  readonly on: readonly Handler[];
  readonly states: readonly StateSpec[];
  readonly kids: readonly MachineSpec[];
}

/** `E.0` to `E.3` come from outside; `R.0` to `R.2` are sent by machines, each only by what cannot come back to it. */
export const outsideEvents = 4;
const peers = 6;
const delays = [10, 20, 50];

const kind = fc.constantFrom(...kinds);
const peer = fc.nat({ max: peers - 1 });
const outsideEvent = fc.nat({ max: outsideEvents - 1 });
const sentEvent = fc.nat({ max: 2 });
const ms = fc.constantFrom(...delays);
const hire = {
  kind,
  // Two that claim one name end their machine with an error: seldom, so that most machines go on.
  peer: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: peer }),
  sync: fc.boolean(),
};

const just = <T extends string>(name: T) => fc.constant(name);

/** What ends: it sends nothing that is handled in the same moment. */
const quietAction: fc.Arbitrary<ActionSpec> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<ActionSpec>({ do: "inc" }, { do: "inc" }, { do: "emit" }, { do: "note" }) },
  {
    weight: 5,
    arbitrary: fc.constantFrom<ActionSpec>({ do: "ping" }, { do: "cancelLater" }, { do: "checked" }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<ActionSpec>({ do: "lone" }, { do: "loneRef" }, { do: "tellRef" }, { do: "stopRef" }),
  },
  { weight: 6, arbitrary: fc.record({ do: just("spawn"), hire: fc.record(hire) }) },
  { weight: 2, arbitrary: fc.record({ do: just("stop"), kind }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("later" as const, "laterParent" as const),
      event: outsideEvent,
      ms,
      named: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: just("laterTell"), kind, event: outsideEvent, ms }) },
  { weight: 1, arbitrary: fc.record({ do: just("throw"), when: fc.integer({ min: 3, max: 9 }) }) },
);

const talk: fc.Arbitrary<ActionSpec> = fc.oneof(
  fc.record({ do: fc.constantFrom("raise" as const, "tellParent" as const), event: sentEvent }),
  fc.record({ do: just("tell"), kind, event: sentEvent }),
  fc.record({ do: just("tellPeer"), peer, event: sentEvent }),
  fc.record({ do: just("forward"), kind }),
);

const quietActions = fc.array(quietAction, { maxLength: 2 });
const actions = fc.array(fc.oneof({ weight: 1, arbitrary: quietAction }, { weight: 1, arbitrary: talk }), {
  maxLength: 3,
});

/** What can happen in a machine of so many states. */
function transitionsOf(count: number) {
  const state = fc.nat({ max: count - 1 });
  const mod = fc
    .integer({ min: 2, max: 3 })
    .chain((modulus) => fc.record({ modulus: fc.constant(modulus), rest: fc.nat({ max: modulus - 1 }) }));
  const guard: fc.Arbitrary<GuardSpec> = fc.oneof(
    { weight: 5, arbitrary: mod.map((parts) => ({ if: "mod" as const, ...parts })) },
    { weight: 2, arbitrary: fc.record({ if: fc.constantFrom("in" as const, "notIn" as const), state }) },
    fc.tuple(mod, state).map(([parts, within]) => ({ if: "modAndIn" as const, ...parts, state: within })),
  );
  const transitionWith = (what: fc.Arbitrary<readonly ActionSpec[]>): fc.Arbitrary<TransitionSpec> =>
    fc.record({
      target: fc.option(state, { nil: undefined, freq: 4 }),
      reenter: fc.boolean(),
      guard: fc.option(guard, { nil: undefined, freq: 2 }),
      actions: what,
    });
  const handler: fc.Arbitrary<Handler> = fc.record({
    event: fc.nat({ max: outsideEvents + 2 }),
    transition: transitionWith(actions),
  });
  return { state, handler, quiet: transitionWith(quietActions) };
}

function stateOf(index: number, count: number): fc.Arbitrary<StateSpec> {
  const { state, handler, quiet } = transitionsOf(count);
  const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2) => fc.option(arbitrary, { nil: undefined, freq });
  return fc.record({
    parent: fc.integer({ min: -1, max: Math.max(-1, index - 1) }),
    kind: fc.oneof(
      { weight: 7, arbitrary: just("normal") },
      { weight: 3, arbitrary: just("parallel") },
      { weight: 2, arbitrary: just("final") },
      { weight: 2, arbitrary: fc.constantFrom("shallow" as const, "deep" as const) },
    ),
    on: fc.array(handler, { minLength: 1, maxLength: 5 }),
    wildcard: maybe(fc.record({ descriptor: fc.constantFrom(...descriptors), transition: quiet })),
    always: maybe(fc.record({ at: fc.integer({ min: 1, max: 6 }), target: state })),
    after: maybe(fc.record({ ms, transition: quiet })),
    onDone: maybe(quiet),
    entry: quietActions,
    exit: quietActions,
    invoke: maybe(
      fc.record({
        ...hire,
        named: fc.boolean(),
        inline: fc.boolean(),
        onDone: maybe(quiet, 4),
        onError: maybe(quiet, 4),
      }),
    ),
    tag: fc.boolean(),
  });
}

const machineOf = (count: number, kids: fc.Arbitrary<readonly MachineSpec[]>): fc.Arbitrary<MachineSpec> =>
  fc.record({
    on: fc.array(transitionsOf(count).handler, { minLength: 2, maxLength: 8 }),
    states: fc.tuple(...Array.from({ length: count }, (_, index) => stateOf(index, count))),
    kids,
  });

const kidSpec = machineOf(4, fc.constant([]));

export const machineSpec = machineOf(9, fc.tuple(kidSpec, kidSpec));

export type StepSpec =
  | { readonly send: number }
  | { readonly advance: number }
  /** Something outside moves: the promise, callback or observable that stands at this place of the list. */
  | { readonly outside: number; readonly how: number };

export const steps: fc.Arbitrary<readonly StepSpec[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ send: outsideEvent }) },
    { weight: 1, arbitrary: fc.record({ advance: fc.constantFrom(5, 10, 25, 60) }) },
    { weight: 3, arbitrary: fc.record({ outside: fc.nat({ max: 4 }), how: fc.nat({ max: 2 }) }) },
  ),
  { minLength: 1, maxLength: 10 },
);
