import { describe, expect, test } from "vitest";
import { assign, createMachine, setup } from "xstate";
import { Group } from "../../src/runtime/group.ts";
import { GuardRejected, InvalidTransitionError, openRuntime, TerminalStateViolation } from "../../src/runtime/index.ts";
import type { StoredAuditRow } from "../../src/store/port.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { order } from "./order.fixture.ts";

async function placed() {
  const store = openSqlite({ file: ":memory:" });
  const audits: StoredAuditRow[] = [];
  store.onCommitted((rows) => audits.push(...rows));
  const runtime = await openRuntime({ store, machines: { order } });
  const actor = runtime.createActor("order", { id: "o", input: { sku: "A7" } });
  return { store, audits, runtime, actor };
}

describe("deliver", () => {
  test("resolves when the outcome is on disk", async () => {
    const { store, actor } = await placed();
    const snapshot = await actor.deliver({ type: "PAY", amount: 2 });
    expect(snapshot.value).toBe("paying");
    expect(store.actorById("o")?.state).toBe("paying");
  });

  test("does nothing a second time under the same key, in one turn and in a later one", async () => {
    const { runtime, actor } = await placed();
    const event = { type: "PAY", amount: 2 } as const;
    await Promise.all([actor.deliver(event, { idempotencyKey: "k" }), actor.deliver(event, { idempotencyKey: "k" })]);
    await actor.deliver(event, { idempotencyKey: "k" });
    expect(runtime.history("o").filter((entry) => entry.event.type === "PAY").length).toBe(1);
  });

  test("finds a key among thousands of one turn without a look at each", () => {
    const group = new Group();
    let looks = 0;
    for (let i = 0; i < 1_000; i += 1) {
      const row = { actorNo: i % 2, at: 0, idempotencyKey: `k${i}` };
      expect(group.hasDelivery(row.actorNo, row.idempotencyKey)).toBe(false);
      group.addDelivery(
        new Proxy(row, {
          get: (target, member) => {
            looks += 1;
            return Reflect.get(target, member);
          },
        }),
      );
      expect([group.hasDelivery(i % 2, `k${i}`), group.hasDelivery((i + 1) % 2, `k${i}`)]).toEqual([true, false]);
    }
    expect(looks).toBeLessThan(5_000);
    expect(group.commit(0, []).deliveries.length).toBe(1_000);
  });

  test("rejects what the state does not accept, and leaves the refusal in the log (I5)", async () => {
    const { audits, actor } = await placed();
    const refused = actor.deliver({ type: "SHIP" });
    await expect(refused).rejects.toBeInstanceOf(InvalidTransitionError);
    await expect(refused).rejects.toMatchObject({ fix: "From placed these are declared: PAY, CANCEL." });
    expect(audits.at(-1)).toMatchObject({
      event_type: "error",
      from_state: "placed",
      to_state: "placed",
      trigger: "SHIP",
    });
    expect(actor.getSnapshot().status).toBe("active");
  });

  test("tells a guard's no from an event that nobody declares", async () => {
    const { actor } = await placed();
    const refused = actor.deliver({ type: "PAY", amount: 0 });
    await expect(refused).rejects.toBeInstanceOf(GuardRejected);
    await expect(refused).rejects.toMatchObject({ fix: "The guard asks for: isPositive." });
  });

  test("checks for an end before all else (I6)", async () => {
    const { actor } = await placed();
    await actor.deliver({ type: "CANCEL", operator: "ann" });
    await expect(actor.deliver({ type: "SHIP" })).rejects.toBeInstanceOf(TerminalStateViolation);
  });

  test("says of what failed or was stopped that it did, and not that its state is an end", async () => {
    const failing = createMachine({
      initial: "a",
      states: { a: { on: { GO: { actions: assign(() => JSON.parse("no JSON")) } } } },
    });
    const runtime = await openRuntime({ machines: { failing } });
    const [failed, stopped] = ["f", "s"].map((id) => runtime.createActor("failing", { id }));
    failed?.subscribe({ error: () => undefined });
    failed?.send({ type: "GO" });
    stopped?.stop();
    const words = "a terminal state, and stays so; GO was refused";
    await expect(failed?.deliver({ type: "GO" })).rejects.toThrow(`failing f is error, ${words}`);
    await expect(stopped?.deliver({ type: "GO" })).rejects.toThrow(`failing s is stopped, ${words}`);
    await runtime.close();
  });

  test("records operator and trigger in the audit event", async () => {
    const { audits, actor } = await placed();
    await actor.deliver({ type: "CANCEL", operator: "ann" });
    expect(audits.at(-1)).toMatchObject({
      event_type: "order_state_transition",
      entity_type: "order",
      entity_id: "o",
      from_state: "placed",
      to_state: "cancelled",
      trigger: "CANCEL",
      operator: "ann",
      severity: "info",
    });
  });

  test("send ignores what the state does not accept, as XState does", async () => {
    const { runtime, actor } = await placed();
    actor.send({ type: "SHIP" });
    await runtime.settled();
    expect(actor.getSnapshot().value).toBe("placed");
    expect(runtime.history("o").length).toBe(1);
  });

  test("refuses an event that its state forbids, however the states around it take it", async () => {
    const machine = setup({}).createMachine({
      initial: "quiet",
      on: { call: { actions: () => undefined } },
      states: { quiet: { on: { call: {}, wake: "loud" } }, loud: {} },
    });
    const runtime = await openRuntime({ machines: { machine } });
    const actor = runtime.createActor("machine", { id: "m" });
    await expect(actor.deliver({ type: "call" })).rejects.toMatchObject({ code: "INVALID_TRANSITION" });
    await actor.deliver({ type: "wake" });
    await actor.deliver({ type: "call" });
    await runtime.close();
  });

  test("is acknowledged when the runtime closes in the same turn, and refused when it is halted", async () => {
    const { runtime, actor } = await placed();
    const delivered = actor.deliver({ type: "PAY", amount: 2 });
    await runtime.close();
    expect((await delivered).value).toBe("paying");
    const other = await placed();
    const lost = other.actor.deliver({ type: "PAY", amount: 2 });
    other.runtime.halt();
    await expect(lost).rejects.toMatchObject({ code: "RUNTIME_CLOSED" });
  });

  test("starts an actor that its maker did not start: what is acknowledged was taken", async () => {
    const store = openSqlite({ file: ":memory:" });
    const runtime = await openRuntime({ store, machines: { order } });
    const actor = runtime.createActor(order, { id: "o", input: { sku: "A7" } });
    expect((await actor.deliver({ type: "PAY", amount: 2 }, { idempotencyKey: "k" })).value).toBe("paying");
    runtime.halt();
    const again = await openRuntime({ store, machines: { order } });
    expect(again.list({ machine: "order" })).toMatchObject([{ state: "paying" }]);
    await again.close();
  });

  test("does nothing a second time under one key, where no store knows the actor too", async () => {
    const counting = createMachine({
      context: { n: 0 },
      on: { count: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    });
    const runtime = await openRuntime({ machines: {} });
    const [one, other] = [runtime.createActor(counting).start(), runtime.createActor(counting).start()];
    for (const idempotencyKey of ["a", "a", "b", undefined, undefined]) {
      await one.deliver({ type: "count" }, { idempotencyKey });
    }
    await other.deliver({ type: "count" }, { idempotencyKey: "a" });
    expect([one.getSnapshot().context, other.getSnapshot().context]).toEqual([{ n: 4 }, { n: 1 }]);
    await runtime.close();
  });

  test("starts an actor that its caller has not started, one that no store knows too", async () => {
    for (const machines of [{ order }, {}]) {
      const runtime = await openRuntime({ machines });
      const actor = runtime.createActor(order, { id: "o", input: { sku: "A7" } });
      expect((await actor.deliver({ type: "PAY", amount: 2 })).value).toBe("paying");
      await runtime.close();
    }
  });

  test("sends to a logic that no store knows too, with the same refusals", async () => {
    const runtime = await openRuntime({ machines: {} });
    const actor = runtime.createActor(order, { id: "o", input: { sku: "A7" } });
    actor.start();
    expect((await actor.deliver({ type: "PAY", amount: 2 })).value).toBe("paying");
    await expect(actor.deliver({ type: "SHIP" })).rejects.toMatchObject({
      code: "INVALID_TRANSITION",
      message: expect.stringContaining("order o: no transition from paying by SHIP"),
    });
    expect(runtime.list()).toEqual([]);
    await runtime.close();
  });

  test.each([
    ["known to the store", true],
    ["of no store", false],
  ])(
    "is judged by what an action's own event leads to, and not by the state that it leaves: %s",
    async (_, isRegistered) => {
      const said: Promise<unknown>[] = [];
      const leaving = setup({
        types: {} as { events: { type: "GO" } | { type: "NEXT" } | { type: "PAY" } },
        actions: {
          deliver: () => {
            said.push(actor.deliver({ type: "PAY" }), actor.deliver({ type: "NEXT" }));
          },
        },
      }).createMachine({
        initial: "a",
        states: {
          a: { on: { GO: { target: "b", actions: "deliver" }, PAY: "paid" } },
          b: { on: { NEXT: "c" } },
          c: {},
          paid: {},
        },
      });
      const runtime = await openRuntime({ machines: isRegistered ? { leaving } : {} });
      const actor = runtime.createActor(leaving).start();
      actor.send({ type: "GO" });
      const [pay, next] = await Promise.allSettled(said);
      expect(pay).toMatchObject({ status: "rejected", reason: { code: "INVALID_TRANSITION", values: { from: "b" } } });
      expect([next?.status, actor.getSnapshot().value]).toEqual(["fulfilled", "c"]);
      await runtime.close();
    },
  );

  test.each([
    ["known to the store", true],
    ["of no store", false],
  ])(
    "does nothing a second time under the key of a delivery that an observer is just told of: %s",
    async (_, isRegistered) => {
      const counting = createMachine({
        context: { n: 0 },
        on: { count: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
      });
      const runtime = await openRuntime({ machines: isRegistered ? { counting } : {} });
      const actor = runtime.createActor(counting);
      const said: Promise<unknown>[] = [];
      const deliver = () => actor.deliver({ type: "count" }, { idempotencyKey: "k" });
      actor.subscribe(() => said.length < 5 && said.push(deliver()));
      await deliver();
      await Promise.all(said);
      expect(actor.getSnapshot().context).toEqual({ n: 1 });
      await runtime.close();
    },
  );
});
