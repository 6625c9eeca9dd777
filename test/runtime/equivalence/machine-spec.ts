/** Random machines as plain data, so that a counterexample can be read, shrunk and run again from its seed. */
import fc from "fast-check";

export type ActionSpec =
  | { readonly do: "inc" | "emit" | "spawn" | "stop" | "ping" | "cancelLater" }
  | { readonly do: "raise"; readonly event: number }
  | { readonly do: "later"; readonly event: number; readonly ms: number };

export interface TransitionSpec {
  /** Index of a state; undefined: none, the transition stays where it is. */
  readonly target: number | undefined;
  readonly reenter: boolean;
  /** Passes while `n % modulus === rest`. */
  readonly guard: { readonly modulus: number; readonly rest: number } | undefined;
  readonly actions: readonly ActionSpec[];
}

export interface StateSpec {
  /** Index of the parent, always smaller than its own; the root is -1. */
  readonly parent: number;
  readonly kind: "normal" | "parallel" | "final" | "shallow" | "deep";
  readonly on: readonly { readonly event: number; readonly transition: TransitionSpec }[];
  /** Taken once, when `n` reaches a value. */
  readonly always: { readonly at: number; readonly target: number } | undefined;
  readonly after: { readonly ms: number; readonly transition: TransitionSpec } | undefined;
  readonly entry: readonly ActionSpec[];
  readonly exit: readonly ActionSpec[];
  readonly invokes: boolean;
  readonly tag: boolean;
}

export interface MachineSpec {
  readonly states: readonly StateSpec[];
}

/** `E0` to `E3` come from outside; `R0` to `R2` are raised, each only by what cannot come back to it. */
export const outsideEvents = 4;
const delays = [10, 20, 50];
const stateCount = 9;

const target = fc.nat({ max: stateCount - 1 });

const simpleAction = fc.constantFrom<ActionSpec>(
  { do: "inc" },
  { do: "inc" },
  { do: "emit" },
  { do: "spawn" },
  { do: "stop" },
  { do: "ping" },
  { do: "cancelLater" },
);
const laterAction = fc.record({
  do: fc.constant("later" as const),
  event: fc.nat({ max: outsideEvents - 1 }),
  ms: fc.constantFrom(...delays),
});
const raiseAction = fc.record({ do: fc.constant("raise" as const), event: fc.nat({ max: 2 }) });

const quietActions = fc.array(fc.oneof({ weight: 4, arbitrary: simpleAction }, { weight: 1, arbitrary: laterAction }), {
  maxLength: 2,
});
const actions = fc.array(
  fc.oneof({ weight: 4, arbitrary: simpleAction }, { weight: 1, arbitrary: laterAction }, raiseAction),
  { maxLength: 3 },
);

const transitionOf = (what: fc.Arbitrary<readonly ActionSpec[]>): fc.Arbitrary<TransitionSpec> =>
  fc.record({
    target: fc.option(target, { nil: undefined, freq: 4 }),
    reenter: fc.boolean(),
    guard: fc.option(
      fc
        .integer({ min: 2, max: 3 })
        .chain((modulus) => fc.record({ modulus: fc.constant(modulus), rest: fc.nat({ max: modulus - 1 }) })),
      { nil: undefined, freq: 2 },
    ),
    actions: what,
  });

const state = (index: number): fc.Arbitrary<StateSpec> =>
  fc.record({
    parent: fc.integer({ min: -1, max: Math.max(-1, index - 1) }),
    kind: fc.oneof(
      { weight: 8, arbitrary: fc.constant("normal" as const) },
      { weight: 2, arbitrary: fc.constant("parallel" as const) },
      fc.constantFrom("final" as const, "shallow" as const, "deep" as const),
    ),
    on: fc.array(fc.record({ event: fc.nat({ max: outsideEvents }), transition: transitionOf(actions) }), {
      maxLength: 4,
    }),
    always: fc.option(fc.record({ at: fc.integer({ min: 1, max: 6 }), target }), { nil: undefined, freq: 2 }),
    after: fc.option(fc.record({ ms: fc.constantFrom(...delays), transition: transitionOf(quietActions) }), {
      nil: undefined,
      freq: 2,
    }),
    entry: quietActions,
    exit: quietActions,
    invokes: fc.boolean(),
    tag: fc.boolean(),
  });

export const machineSpec: fc.Arbitrary<MachineSpec> = fc
  .tuple(...Array.from({ length: stateCount }, (_, index) => state(index)))
  .map((states) => ({ states }));

export type StepSpec = { readonly send: number } | { readonly advance: number };

export const steps: fc.Arbitrary<readonly StepSpec[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ send: fc.nat({ max: outsideEvents - 1 }) }) },
    { weight: 1, arbitrary: fc.record({ advance: fc.constantFrom(5, 10, 25, 60) }) },
  ),
  { minLength: 1, maxLength: 8 },
);
