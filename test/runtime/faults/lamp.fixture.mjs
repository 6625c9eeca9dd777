import { setup } from "xstate";

export const lamp = setup({}).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});
