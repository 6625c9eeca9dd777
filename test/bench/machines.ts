import { assign, enqueueActions, setup } from "xstate";

/** Two states and a counter: the smallest machine whose transitions change state and context. */
export const toggle = setup({ types: {} as { context: { count: number }; events: { type: "flip" } } }).createMachine({
  context: { count: 0 },
  initial: "off",
  states: {
    off: { on: { flip: { target: "on", actions: assign({ count: ({ context }) => context.count + 1 }) } } },
    on: { on: { flip: "off" } },
  },
});

/** Spawns as many toggles as it is told to, and stops them with its end. */
export const family = setup({
  types: {} as { events: { type: "spawn"; children: number } | { type: "end" } },
  actors: { toggle },
}).createMachine({
  initial: "open",
  states: {
    open: {
      on: {
        spawn: {
          actions: enqueueActions(({ enqueue, event }) => {
            for (let i = 0; i < event.children; i += 1) {
              enqueue.spawnChild("toggle", { id: `child-${i}` });
            }
          }),
        },
        end: "ended",
      },
    },
    ended: { type: "final" },
  },
});
