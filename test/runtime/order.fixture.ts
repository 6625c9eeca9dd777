import { assign, emit, fromPromise, setup } from "xstate";

export interface ChargeInput {
  readonly amount: number;
}

/** An order that is paid by an effect and is late if nobody ships it within a second. */
export const order = setup({
  types: {} as {
    context: { sku: string; amount: number; receipt: string | undefined; madeAt: Date };
    input: { sku: string };
    events: { type: "PAY"; amount: number } | { type: "SHIP" } | { type: "CANCEL"; operator: string };
    emitted: { type: "paid"; receipt: string };
    tags: "open";
    output: { receipt: string | undefined };
  },
  actors: {
    charge: fromPromise<string, ChargeInput>(() => new Promise(() => undefined)),
  },
  guards: { isPositive: ({ event }) => event.type === "PAY" && event.amount > 0 },
}).createMachine({
  id: "order",
  context: ({ input }) => ({ sku: input.sku, amount: 0, receipt: undefined, madeAt: new Date(0) }),
  initial: "placed",
  output: ({ context }) => ({ receipt: context.receipt }),
  states: {
    placed: {
      tags: "open",
      on: {
        PAY: { guard: "isPositive", target: "paying", actions: assign({ amount: ({ event }) => event.amount }) },
        CANCEL: "cancelled",
      },
    },
    paying: {
      tags: "open",
      invoke: {
        id: "charge",
        src: "charge",
        input: ({ context }) => ({ amount: context.amount }),
        onDone: {
          target: "paid",
          actions: [
            assign({ receipt: ({ event }) => event.output }),
            emit(({ event }) => ({ type: "paid", receipt: event.output })),
          ],
        },
        onError: "refused",
      },
    },
    paid: { on: { SHIP: "shipped" }, after: { 1000: "late" } },
    late: { on: { SHIP: "shipped" } },
    refused: { type: "final" },
    cancelled: { type: "final" },
    shipped: { type: "final" },
  },
});

/** The order machine with a charge of the test's own. */
export function orderWith(charge: (input: ChargeInput) => Promise<string>) {
  return order.provide({ actors: { charge: fromPromise<string, ChargeInput>(({ input }) => charge(input)) } });
}
