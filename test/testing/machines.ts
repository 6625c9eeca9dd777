import { assign, fromPromise, raise, sendParent, setup } from "xstate";

/** Hierarchy, history, two timers, one of them named. */
export const player = setup({
  types: { events: {} as { type: "power" } | { type: "play" } | { type: "pause" } },
  delays: { dim: 5_000 },
}).createMachine({
  id: "player",
  initial: "off",
  states: {
    off: { on: { power: "on.hist" } },
    on: {
      initial: "stopped",
      on: { power: "off" },
      after: { dim: "dimmed" },
      states: {
        stopped: { on: { play: "playing" } },
        playing: { on: { pause: "stopped" }, after: { 1000: "stopped" } },
        hist: { type: "history" },
      },
    },
    dimmed: { on: { power: "on" } },
  },
});

/** Parallel regions that end together. */
export const form = setup({
  types: { events: {} as { type: "fill" } | { type: "agree" } | { type: "clear" } },
}).createMachine({
  id: "form",
  initial: "editing",
  states: {
    editing: {
      type: "parallel",
      onDone: "sent",
      states: {
        fields: {
          initial: "empty",
          states: { empty: { on: { fill: "filled" } }, filled: { type: "final" } },
        },
        terms: {
          initial: "open",
          states: { open: { on: { agree: "agreed" } }, agreed: { type: "final" } },
        },
      },
      on: { clear: { target: "editing", reenter: true } },
    },
    sent: { type: "final" },
  },
});

/** Guards on context and payload, an eventless chain, a state that is left at once. */
export const lock = setup({
  types: {
    context: {} as { wrong: number; code: string },
    input: {} as { code: string },
    events: {} as { type: "enter"; code: string } | { type: "reset"; operator: string },
  },
  guards: {
    isRight: ({ context, event }) => event.type === "enter" && event.code === context.code,
    isThird: ({ context }) => context.wrong >= 3,
    hasOperator: ({ event }) => event.type === "reset" && event.operator.length > 0,
  },
}).createMachine({
  id: "lock",
  context: ({ input }) => ({ wrong: 0, code: input.code }),
  initial: "closed",
  states: {
    closed: {
      on: {
        enter: [
          { guard: "isRight", target: "open" },
          { target: "checking", actions: assign({ wrong: ({ context }) => context.wrong + 1 }) },
        ],
      },
    },
    checking: { always: [{ guard: "isThird", target: "sealed" }, { target: "closed" }] },
    open: {},
    sealed: { on: { reset: { guard: "hasOperator", target: "closed", actions: assign({ wrong: 0 }) } } },
  },
});

/** An invoked actor that returns or fails, a timeout beside it, a result that is read. */
export const loader = setup({
  types: {
    context: {} as { name: string; tries: number },
    events: {} as { type: "load" } | { type: "loaded" },
  },
  actors: {
    fetchUser: fromPromise((): Promise<{ name: string }> => Promise.reject(new Error("must not be started"))),
  },
  guards: { triesLeft: ({ context }) => context.tries < 2 },
}).createMachine({
  id: "loader",
  context: { name: "", tries: 0 },
  initial: "idle",
  states: {
    idle: { on: { load: "loading" } },
    loading: {
      entry: assign({ tries: ({ context }) => context.tries + 1 }),
      invoke: {
        src: "fetchUser",
        onDone: { actions: [assign({ name: ({ event }) => event.output.name }), raise({ type: "loaded" })] },
        onError: [{ guard: "triesLeft", target: "waiting" }, { target: "failed" }],
      },
      on: { loaded: "done" },
      after: { 30000: "failed" },
    },
    waiting: { after: { 500: "loading" } },
    done: { type: "final", entry: sendParent({ type: "loader.done" }) },
    failed: { type: "final" },
  },
});

export const loaderAnswers = { fetchUser: { done: { name: "Ada" } } };

/** Counts for ever, and has a state that nothing leads to. */
export const counter = setup({
  types: { context: {} as { count: number }, events: {} as { type: "tick" } | { type: "stop" } },
}).createMachine({
  id: "counter",
  context: { count: 0 },
  initial: "counting",
  states: {
    counting: {
      on: { tick: { actions: assign({ count: ({ context }) => context.count + 1 }) }, stop: "stopped" },
    },
    stopped: { type: "final" },
    lost: { on: { stop: "stopped" } },
  },
});
