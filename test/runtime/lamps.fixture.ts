import { setup } from "xstate";

export const lamp = setup({}).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" }, after: { 60000: "off" } } },
});

/** One without a timer. */
export const lamp2 = setup({}).createMachine({ initial: "off", states: { off: {} } });
