import { expectTypeOf, test } from "vitest";
import { assign, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { order } from "./order.fixture.ts";

const counter = setup({
  types: {} as { context: { n: number }; events: { type: "ADD"; by: number } },
}).createMachine({
  context: { n: 0 },
  on: { ADD: { actions: assign({ n: ({ context, event }) => context.n + event.by }) } },
});

const open = () => openRuntime({ machines: { order, counter: { logic: counter, version: "2" } } });
type Opened = Awaited<ReturnType<typeof open>>;
declare const runtime: Opened;
const make = () => runtime.createActor("order", { id: "order-1", input: { sku: "A7" } });
declare const actor: ReturnType<typeof make>;

test("the context is the machine's", () => {
  expectTypeOf(actor.getSnapshot().context.sku).toEqualTypeOf<string>();
  expectTypeOf(actor.getSnapshot().context.receipt).toEqualTypeOf<string | undefined>();
  // @ts-expect-error there is no such member
  actor.getSnapshot().context.colour;
});

test("the states are the machine's", () => {
  expectTypeOf(actor.getSnapshot().matches).toBeCallableWith("placed");
  // @ts-expect-error there is no such state
  actor.getSnapshot().matches("plcaed");
});

test("the tags are the machine's", () => {
  expectTypeOf(actor.getSnapshot().hasTag).toBeCallableWith("open");
  // @ts-expect-error there is no such tag
  actor.getSnapshot().hasTag("closed");
});

test("the output is the machine's", () => {
  expectTypeOf(actor.getSnapshot().output).toEqualTypeOf<{ receipt: string | undefined } | undefined>();
});

test("send takes the machine's events and no others", () => {
  expectTypeOf(actor.send).toBeCallableWith({ type: "PAY", amount: 3 });
  // @ts-expect-error there is no such event
  actor.send({ type: "PYA" });
  // @ts-expect-error the amount is missing
  actor.send({ type: "PAY" });
  // @ts-expect-error the amount is a number
  actor.send({ type: "PAY", amount: "3" });
});

test("deliver takes the machine's events and resolves with its snapshot", () => {
  const delivered = () => actor.deliver({ type: "SHIP" }, { idempotencyKey: "req-7" });
  type Delivered = Awaited<ReturnType<typeof delivered>>;
  expectTypeOf<Delivered["context"]>().toEqualTypeOf<ReturnType<typeof actor.getSnapshot>["context"]>();
  // @ts-expect-error there is no such event
  void actor.deliver({ type: "SHPI" });
  // @ts-expect-error there is no such option
  void actor.deliver({ type: "SHIP" }, { key: "req-7" });
});

test("listeners get the machine's emitted events", () => {
  actor.on("paid", (event) => {
    expectTypeOf(event.type).toEqualTypeOf<"paid">();
    expectTypeOf(event.receipt).toEqualTypeOf<string>();
    // @ts-expect-error there is no such member
    event.amount;
  });
  // @ts-expect-error nothing of this name is emitted
  actor.on("payed", () => undefined);
});

test("subscribers get the machine's snapshots", () => {
  actor.subscribe((snapshot) => expectTypeOf(snapshot.context.amount).toEqualTypeOf<number>());
});

test("only registered machines can be named", () => {
  // @ts-expect-error no machine is registered under this name
  runtime.createActor("ordre", { id: "order-1" });
});

test("the input is the machine's", () => {
  // @ts-expect-error the sku is a string
  runtime.createActor("order", { id: "order-1", input: { sku: 7 } });
  // @ts-expect-error there is no such member
  runtime.createActor("order", { id: "order-1", input: { sku: "A7", colour: "red" } });
});

test("a registration with a version keeps the types of its logic", () => {
  const made = () => runtime.createActor("counter", { id: "c" });
  type Made = ReturnType<typeof made>;
  expectTypeOf<ReturnType<Made["getSnapshot"]>["context"]>().toEqualTypeOf<{ n: number }>();
  expectTypeOf<Parameters<Made["send"]>[0]>().toEqualTypeOf<{ type: "ADD"; by: number }>();
});

test("XState's own arguments keep the types of the logic", () => {
  const made = () => runtime.createActor(order, { id: "order-1", input: { sku: "A7" } });
  expectTypeOf<ReturnType<typeof made>>().toEqualTypeOf<typeof actor>();
  // @ts-expect-error there is no such event
  runtime.createActor(order, { id: "order-1", input: { sku: "A7" } }).send({ type: "PYA" });
  // @ts-expect-error the sku is a string
  runtime.createActor(order, { id: "order-1", input: { sku: 7 } });
});
