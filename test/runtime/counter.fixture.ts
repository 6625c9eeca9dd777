import { assign, setup } from "xstate";

/** Keeps each text that it is given. */
export const counter = setup({
  types: {} as { context: { log: string[] }; events: { type: "add"; text: string } },
}).createMachine({
  context: { log: [] },
  on: { add: { actions: assign({ log: ({ context, event }) => [...context.log, event.text] }) } },
});
