import {
  type AnyActorRef,
  type AnyStateMachine,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  raise,
  sendParent,
  sendTo,
  setup,
  stopChild,
} from "xstate";
import type { ActionSpec, MachineSpec, StateSpec, TransitionSpec } from "./machine-spec.ts";

/** Counts its pings and answers each. */
const child = setup({ types: {} as { context: { pings: number }; events: { type: "PING" } } }).createMachine({
  context: { pings: 0 },
  initial: "even",
  on: {
    PING: { actions: [assign({ pings: ({ context }) => context.pings + 1 }), sendParent({ type: "PONG" })] },
  },
  states: { even: { always: { guard: ({ context }) => context.pings >= 2, target: "many" } }, many: { tags: "many" } },
});

interface Context {
  readonly n: number;
}

const guardOf =
  ({ modulus, rest }: NonNullable<TransitionSpec["guard"]>) =>
  ({ context }: { readonly context: Context }) =>
    context.n % modulus === rest;

function actionOf(spec: ActionSpec, level: number): unknown {
  switch (spec.do) {
    case "inc":
      return assign({ n: ({ context }: { context: Context }) => context.n + 1 });
    case "emit":
      return emit(({ context }: { context: Context }) => ({ type: "told", n: context.n }));
    case "spawn":
      return enqueueActions(({ enqueue }) => {
        enqueue.spawnChild("child" as never, { id: "kid" } as never);
      });
    case "stop":
      return stopChild("kid");
    case "ping":
      return enqueueActions(({ enqueue, self }) => {
        // A child that is not there is an error in XState; it is tried where it may be.
        if (childrenOf(self)["kid"] !== undefined) {
          enqueue(sendTo("kid", { type: "PING" }) as never);
        }
      });
    case "cancelLater":
      return cancel("later");
    case "later":
      return raise({ type: `E${spec.event}` }, { delay: spec.ms, id: "later" });
    case "raise":
      // Only upwards, so that raising ends.
      return spec.event > level ? raise({ type: `R${spec.event}` }) : raise({ type: "nobody" });
    default:
      return spec satisfies never;
  }
}

/** Nobody, while the actor is being made: it has no snapshot yet. */
function childrenOf(self: AnyActorRef): Record<string, unknown> {
  try {
    return (self.getSnapshot() as { children?: Record<string, unknown> }).children ?? {};
  } catch {
    return {};
  }
}

function transitionOf(spec: TransitionSpec, level: number): object {
  return {
    ...(spec.target !== undefined && { target: `#s${spec.target}` }),
    ...(spec.reenter && { reenter: true }),
    ...(spec.guard !== undefined && { guard: guardOf(spec.guard) }),
    actions: spec.actions.map((action) => actionOf(action, level)),
  };
}

function stateOf(spec: MachineSpec, index: number): Record<string, unknown> {
  const own = spec.states[index] as StateSpec;
  const children = spec.states.flatMap((state, i) => (state.parent === index ? [i] : []));
  const id = `s${index}`;
  if (own.kind === "shallow" || own.kind === "deep") {
    return { id, type: "history", history: own.kind };
  }
  if (own.kind === "final" && children.length === 0) {
    return { id, type: "final", entry: own.entry.map((action) => actionOf(action, 3)) };
  }
  const on: Record<string, object[]> = {};
  own.on.forEach(({ event, transition }, i) => {
    // Event 4 stands for what is raised, each level once.
    const name = event === 4 ? `R${i % 3}` : `E${event}`;
    on[name] ??= [];
    on[name].push(transitionOf(transition, event === 4 ? i % 3 : -1));
  });
  const { always } = own;
  return {
    id,
    ...regions(spec, children, own.kind === "parallel"),
    on,
    entry: own.entry.map((action) => actionOf(action, 3)),
    exit: own.exit.map((action) => actionOf(action, 3)),
    ...(own.tag && { tags: `t${index}` }),
    ...(own.invokes && { invoke: { src: "child", id: `invoked${index}` } }),
    ...(own.after !== undefined && { after: { [own.after.ms]: transitionOf(own.after.transition, -1) } }),
    ...(always !== undefined && {
      always: {
        guard: ({ context }: { context: Context }) => context.n === always.at,
        target: `#s${always.target}`,
        // Moves on from the value it waits for: it cannot be taken twice for one.
        actions: assign({ n: ({ context }: { context: Context }) => context.n + 1 }),
      },
    }),
  };
}

/** A history state cannot be what a region starts in, nor all there is. */
function regions(spec: MachineSpec, children: readonly number[], parallel: boolean): object {
  const real = children.filter((i) => !["shallow", "deep"].includes((spec.states[i] as StateSpec).kind));
  if (real.length === 0) {
    return {};
  }
  const states = Object.fromEntries(children.map((i) => [`k${i}`, stateOf(spec, i)]));
  return parallel && real.length > 1 ? { type: "parallel", states } : { initial: `k${real[0]}`, states };
}

/** Targets that do not exist in the machine (a history state without a region) make XState refuse it. */
export function buildMachine(spec: MachineSpec): AnyStateMachine | undefined {
  const top = spec.states.flatMap((state, i) => (state.parent === -1 ? [i] : []));
  try {
    const config = {
      id: "generated",
      context: { n: 0 },
      output: ({ context }: { context: Context }) => ({ n: context.n }),
      on: { PONG: { actions: actionOf({ do: "inc" }, 3) } },
      options: { maxIterations: 200 },
      ...regions(spec, top, false),
    };
    return createMachine(config as never, { actors: { child } } as never);
  } catch {
    return undefined;
  }
}
