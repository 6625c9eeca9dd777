import { assign, setup } from "xstate";

/** Keeps the texts that it took, in their order. */
export const tally = setup({
  actions: { keep: assign({ taken: ({ context, event }) => [...context.taken, event.text] }) },
}).createMachine({
  id: "tally",
  context: { taken: [] },
  on: { TAKE: { actions: "keep" } },
});
