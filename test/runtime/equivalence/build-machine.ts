import { type AnyActorLogic, type AnyStateMachine, and, createMachine, not, stateIn } from "xstate";
import { actionsOf, type Context, hireOptions, inc, kindHere, type Place } from "./build-actions.ts";
import { fixedLogics, type Outside } from "./logics.ts";
import {
  type GuardSpec,
  type Handler,
  type InvokeSpec,
  type MachineSpec,
  outsideEvents,
  type StateSpec,
  type TransitionSpec,
} from "./machine-spec.ts";

/** No transition that a machine sets off by itself is taken from here on, so that all comes to rest. */
const most = 15;

const isHistory = (state: StateSpec | undefined): boolean => state?.kind === "shallow" || state?.kind === "deep";

/** `xstate.done.actor.kid0` is of the family `xstate.done.actor`. */
const familyOf = (type: string): string => /^xstate\.(after|done\.\w+|error\.\w+|snapshot)/.exec(type)?.[0] ?? type;

/** One machine on its way from data to XState. */
class Builder {
  readonly #spec: MachineSpec;
  readonly #outside: Outside;
  readonly #logics: Readonly<Record<string, AnyActorLogic>>;
  /** Children of each state; -1 is the root. What stands in a history state moves out of it. */
  readonly #inner = new Map<number, number[]>();
  readonly #built = new Set<number>();

  constructor(spec: MachineSpec, outside: Outside, logics: Readonly<Record<string, AnyActorLogic>>) {
    this.#spec = spec;
    this.#outside = outside;
    this.#logics = logics;
    spec.states.forEach(({ parent }, index) => {
      let outer = parent;
      while (isHistory(spec.states[outer])) {
        outer = spec.states[outer]?.parent ?? -1;
      }
      this.#inner.set(outer, [...(this.#inner.get(outer) ?? []), index]);
    });
    this.#findBuilt(-1);
  }

  machine(id: string): AnyStateMachine {
    const config = {
      id,
      context: { n: 0 },
      output: ({ context }: { context: Context }) => ({ n: context.n }),
      on: { PONG: { actions: inc }, K: { actions: inc }, ...this.#handlers(this.#spec.on) },
      options: { maxIterations: 200 },
      ...this.#regions(-1, false),
    };
    return createMachine(config as never, { actors: this.#logics } as never);
  }

  #findBuilt(index: number): void {
    for (const inner of this.#realChildren(index).length === 0 ? [] : (this.#inner.get(index) ?? [])) {
      this.#built.add(inner);
      this.#findBuilt(inner);
    }
  }

  /** A history state cannot be what a region starts in, nor all there is. */
  #realChildren(index: number): number[] {
    return (this.#inner.get(index) ?? []).filter((inner) => !isHistory(this.#spec.states[inner]));
  }

  #regions(index: number, parallel: boolean): object {
    const real = this.#realChildren(index);
    if (real.length === 0) {
      return {};
    }
    const states = Object.fromEntries((this.#inner.get(index) ?? []).map((i) => [`k${i}`, this.#state(i)]));
    return parallel && real.length > 1 ? { type: "parallel", states } : { initial: `k${real[0]}`, states };
  }

  #place(level: number): Place {
    return { outside: this.#outside, level, hasKids: this.#spec.kids.length > 0 };
  }

  #guard(spec: GuardSpec): unknown {
    if (spec.if !== "mod" && !this.#built.has(spec.state)) {
      return () => spec.if === "notIn";
    }
    switch (spec.if) {
      case "mod":
        return ({ context }: { context: Context }) => context.n % spec.modulus === spec.rest;
      case "in":
        return stateIn(`#s${spec.state}`);
      case "notIn":
        return not(stateIn(`#s${spec.state}`));
      case "modAndIn":
        return and([this.#guard({ ...spec, if: "mod" }), stateIn(`#s${spec.state}`)] as never);
      default:
        return spec satisfies never;
    }
  }

  #transition(spec: TransitionSpec, level: number): { readonly actions: readonly unknown[] } {
    const target =
      spec.target !== undefined && this.#built.has(spec.target) ? this.#spec.states[spec.target] : undefined;
    const took = ({ event }: { readonly event: { readonly type: string } }) => {
      this.#outside.reach(familyOf(event.type));
      if (isHistory(target)) {
        this.#outside.reach(this.#isParallel(target?.parent) ? "history in parallel" : `${target?.kind}`);
      }
    };
    return {
      ...(target !== undefined && { target: `#s${spec.target}` }),
      ...(spec.reenter && { reenter: true }),
      ...(spec.guard !== undefined && { guard: this.#guard(spec.guard) }),
      actions: [took, ...actionsOf(spec.actions, this.#place(level))],
    };
  }

  #isParallel(index = -1): boolean {
    const state = this.#spec.states[index];
    return state !== undefined && (state.kind === "parallel" || this.#isParallel(state.parent));
  }

  /** One that a machine sets off by itself, so that it must end. */
  #ownTransition(spec: TransitionSpec): object {
    const below = ({ context }: { context: Context }) => context.n < most;
    const guard = spec.guard === undefined ? below : and([below, this.#guard(spec.guard)] as never);
    const transition = this.#transition(spec, 3);
    return { ...transition, guard, actions: [inc, ...transition.actions] };
  }

  #state(index: number): Record<string, unknown> {
    const own = this.#spec.states[index] as StateSpec;
    const id = `s${index}`;
    if (isHistory(own)) {
      return { id, type: "history", history: own.kind };
    }
    const entry = actionsOf(own.entry, this.#place(3));
    if (own.kind === "final" && this.#realChildren(index).length === 0) {
      return { id, type: "final", entry, output: ({ context }: { context: Context }) => context.n };
    }
    const { always, after, wildcard, onDone, invoke } = own;
    return {
      id,
      ...this.#regions(index, own.kind === "parallel"),
      on: {
        ...this.#handlers(own.on),
        ...(wildcard && { [wildcard.descriptor]: this.#ownTransition(wildcard.transition) }),
      },
      entry,
      exit: actionsOf(own.exit, this.#place(3)),
      ...(own.tag && { tags: `t${index}` }),
      ...(invoke !== undefined && { invoke: this.#invoke(invoke, index) }),
      ...(after !== undefined && { after: { [after.ms]: this.#transition(after.transition, 3) } }),
      ...(onDone !== undefined && this.#realChildren(index).length > 0 && { onDone: this.#ownTransition(onDone) }),
      ...(always !== undefined &&
        this.#built.has(always.target) && {
          always: {
            guard: ({ context }: { context: Context }) => context.n === always.at,
            target: `#s${always.target}`,
            // Moves on from the value it waits for: it cannot be taken twice for one.
            actions: inc,
          },
        }),
    };
  }

  #handlers(handlers: readonly Handler[]): Record<string, object[]> {
    const on: Record<string, object[]> = {};
    for (const { event, transition } of handlers) {
      const sent = event - outsideEvents;
      const name = sent < 0 ? `E.${event}` : `R.${sent}`;
      on[name] ??= [];
      on[name].push(this.#transition(transition, Math.max(sent, -1)));
    }
    return on;
  }

  #invoke(spec: InvokeSpec, index: number): object {
    const src = kindHere(spec.kind, this.#spec.kids.length > 0);
    const toAll: TransitionSpec = { target: undefined, reenter: false, guard: undefined, actions: [{ do: "note" }] };
    return {
      src: spec.inline ? this.#logics[src] : src,
      ...hireOptions(spec),
      ...(spec.named && { id: `invoked${index}` }),
      ...(spec.onDone !== undefined && { onDone: this.#ownTransition(spec.onDone) }),
      ...(spec.onError !== undefined && { onError: this.#ownTransition(spec.onError) }),
      ...(spec.sync && { onSnapshot: this.#ownTransition(toAll) }),
    };
  }
}

export function buildMachine(spec: MachineSpec, outside: Outside): AnyStateMachine {
  const fixed = fixedLogics(outside);
  const kids = spec.kids.map((kid, i) => [`kid${i}`, new Builder(kid, outside, fixed).machine(`kid${i}`)]);
  return new Builder(spec, outside, { ...fixed, ...Object.fromEntries(kids) }).machine("generated");
}
