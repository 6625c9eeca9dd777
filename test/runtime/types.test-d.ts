import { describe, expectTypeOf, test } from "vitest";
import { assign, fromPromise, fromTransition, type InputFrom, type OutputFrom, setup } from "xstate";
import { type Clock, type DurableArguments, durable, type Ids, openRuntime } from "../../src/runtime/index.ts";
import { sequentialIds, simulatedClock } from "../../src/testing/index.ts";
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

test("a clock and ids of one's own can be named by their types", () => {
  expectTypeOf(simulatedClock()).toExtend<Clock>();
  expectTypeOf(sequentialIds()).toEqualTypeOf<Ids>();
  expectTypeOf(openRuntime).toBeCallableWith({ machines: {}, clock: {} as Clock, ids: {} as Ids });
});

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
  // @ts-expect-error without an input there is no sku
  runtime.createActor(order, { id: "order-1" });
  // @ts-expect-error without options there is none either
  runtime.createActor(order);
  expectTypeOf(runtime.createActor).toBeCallableWith(setup({}).createMachine({}));
});

describe("a logic that is passed directly", () => {
  const made = () => runtime.createActor(order, { id: "order-1", input: { sku: "A7" } });
  const direct = undefined as unknown as ReturnType<typeof made>;

  test("gives its context, states and output", () => {
    expectTypeOf(direct.getSnapshot().context.amount).toEqualTypeOf<number>();
    expectTypeOf(direct.getSnapshot().output).toEqualTypeOf<{ receipt: string | undefined } | undefined>();
    // @ts-expect-error there is no such member
    direct.getSnapshot().context.colour;
    // @ts-expect-error there is no such state
    direct.getSnapshot().matches("plcaed");
    // @ts-expect-error there is no such member of the output
    direct.getSnapshot().output?.invoice;
  });

  test("takes its events and input, and no others", () => {
    expectTypeOf(direct.send).toBeCallableWith({ type: "CANCEL", operator: "ann" });
    // @ts-expect-error the operator is missing
    direct.send({ type: "CANCEL" });
    // @ts-expect-error there is no such event
    void direct.deliver({ type: "SHPI" });
    // @ts-expect-error there is no such member of the input
    runtime.createActor(order, { id: "order-1", input: { sku: "A7", colour: "red" } });
  });

  test("emits its events, and no others", () => {
    direct.on("paid", (event) => expectTypeOf(event.receipt).toEqualTypeOf<string>());
    // @ts-expect-error nothing of this name is emitted
    direct.on("payed", () => undefined);
  });

  test("may be a promise", () => {
    const logic = fromPromise<number, { text: string }>(async ({ input }) => input.text.length);
    const length = () => runtime.createActor(logic, { input: { text: "abc" } });
    expectTypeOf<ReturnType<ReturnType<typeof length>["getSnapshot"]>["output"]>().toEqualTypeOf<number | undefined>();
    // @ts-expect-error the text is a string
    runtime.createActor(logic, { input: { text: 3 } });
  });

  test("may be a transition function", () => {
    const logic = fromTransition((count: number, event: { type: "up"; by: number }) => count + event.by, 0);
    const count = () => runtime.createActor(logic);
    type Count = ReturnType<typeof count>;
    expectTypeOf<ReturnType<Count["getSnapshot"]>["context"]>().toEqualTypeOf<number>();
    expectTypeOf<Parameters<Count["send"]>[0]>().toEqualTypeOf<{ type: "up"; by: number }>();
    expectTypeOf<Parameters<Count["deliver"]>[0]>().toEqualTypeOf<{ type: "up"; by: number }>();
    // @ts-expect-error there is no such event
    count().send({ type: "down" });
  });
});

describe("a machine that is named", () => {
  test("gives output, emitted events and delivered snapshots of its own, not of another", () => {
    const tallied = runtime.createActor("counter", { id: "c" });
    // @ts-expect-error it is an event of another machine
    tallied.send({ type: "PAY", amount: 3 });
    // @ts-expect-error it is an event of another machine
    void tallied.deliver({ type: "PAY", amount: 3 });
    // @ts-expect-error it is an input of another machine
    runtime.createActor("order", { id: "o", input: { n: 1 } });
    expectTypeOf(actor.getSnapshot().output?.receipt).toEqualTypeOf<string | undefined>();
    // @ts-expect-error there is no such member of the output
    actor.getSnapshot().output?.invoice;
  });

  test("takes no snapshot, parent or clock: those are the runtime's", () => {
    // @ts-expect-error the store has the snapshot
    runtime.createActor("order", { id: "o", input: { sku: "A7" }, snapshot: {} });
    // @ts-expect-error the runtime has the clock
    runtime.createActor("order", { id: "o", input: { sku: "A7" }, clock: {} });
  });
});

test("durable keeps the types of input and output, and knows its options", () => {
  const charge = durable({ retry: { max: 3, backoffMs: 100 }, timeoutMs: 1_000, leaseMs: 5_000 })(
    async ({ input, effect }: DurableArguments<{ amount: number }>) => `${effect.key} ${input.amount}`,
  );
  expectTypeOf<OutputFrom<typeof charge>>().toEqualTypeOf<string>();
  expectTypeOf<InputFrom<typeof charge>>().toEqualTypeOf<{ amount: number }>();
  // @ts-expect-error there is no such option
  durable({ retries: 3 });
  // @ts-expect-error a retry says how often
  durable({ retry: { backoffMs: 100 } });
});
