import { describe, expect, test, vi } from "vitest";
import { fromPromise, setup, waitFor } from "xstate";
import { afterCommit, openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { lamp, lamp2 } from "./lamps.fixture.ts";
import { clockAsNodeHasIt } from "./node-clock.fixture.ts";

describe("an actor", () => {
  test("stays awake, on disk too, when somebody comes to look while it is put to sleep", async () => {
    const clock = simulatedClock();
    const store = openSqlite({ file: ":memory:", clock });
    let came = false;
    const visitor = setup({}).createMachine({
      on: {
        come: {
          actions: afterCommit(() => {
            runtime.actor("l")?.subscribe(() => undefined);
            came = true;
          }),
        },
      },
    });
    const machines = { visitor, lamp2: { logic: lamp2, passivateAfterMs: 1_000 } };
    const runtime = await openRuntime({ store, clock, machines });
    runtime.createActor("lamp2", { id: "l" });
    const guest = runtime.createActor("visitor", { id: "v" });
    await runtime.settled();
    clock.advance(900);
    guest.send({ type: "come" });
    clock.advance(600);
    await runtime.settled();
    expect([came, runtime.list({ machine: "lamp2" })]).toMatchObject([true, [{ asleep: false }]]);
    await runtime.close();
  });

  test("stays awake for as long as it may, be it longer than a timer of Node can wait", async () => {
    const clock = clockAsNodeHasIt();
    const months = 60 * 24 * 3_600_000;
    const runtime = await openRuntime({ clock, machines: { lamp2 }, passivateAfterMs: months });
    runtime.createActor("lamp2", { id: "l" });
    await runtime.settled();
    const setTimeout = vi.spyOn(clock, "setTimeout");
    clock.advance(months - 1);
    expect(setTimeout.mock.calls.length).toBeLessThan(10);
    expect(runtime.list()).toMatchObject([{ asleep: false }]);
    clock.advance(months);
    expect(runtime.list()).toMatchObject([{ asleep: true }]);
    await runtime.close();
  });

  test("stays awake while somebody listens", async () => {
    const clock = simulatedClock();
    const runtime = await openRuntime({ clock, machines: { lamp }, passivateAfterMs: 1_000 });
    runtime.createActor("lamp", { id: "l" }).subscribe(() => undefined);
    await runtime.settled();
    clock.advance(10_000);
    expect(runtime.list()).toMatchObject([{ id: "l", asleep: false }]);
    await runtime.close();
  });

  test("stays awake while somebody listens to what it emits, and no longer", async () => {
    const clock = simulatedClock();
    const runtime = await openRuntime({ clock, machines: { lamp }, passivateAfterMs: 1_000 });
    const listening = runtime.createActor("lamp", { id: "l" }).on("*", () => undefined);
    await runtime.settled();
    clock.advance(10_000);
    expect(runtime.list()).toMatchObject([{ id: "l", asleep: false }]);
    listening.unsubscribe();
    clock.advance(10_000);
    expect(runtime.list()).toMatchObject([{ id: "l", asleep: true }]);
    await runtime.close();
  });

  test("stays awake while work outside is on its way, its own or its child's", async () => {
    const clock = simulatedClock();
    let finish = (): void => undefined;
    const child = setup({
      actors: {
        work: fromPromise(
          () =>
            new Promise<void>((resolve) => {
              finish = resolve;
            }),
        ),
      },
    }).createMachine({
      initial: "on",
      states: { on: { invoke: { src: "work", onDone: "off" } }, off: { type: "final" } },
    });
    const worker = setup({ actors: { child } }).createMachine({ invoke: { src: "child" } });
    const runtime = await openRuntime({ clock, machines: { worker }, passivateAfterMs: 1_000 });
    runtime.createActor("worker", { id: "w" });
    await runtime.settled();
    clock.advance(10_000);
    expect(runtime.list({ machine: "worker" })).toMatchObject([{ asleep: false }]);
    finish();
    await new Promise(setImmediate);
    await runtime.settled();
    clock.advance(10_000);
    expect(runtime.list({ machine: "worker" })).toMatchObject([{ asleep: true }]);
    await runtime.close();
  });

  test("stays awake when what the last commit before its sleep put off sends to it", async () => {
    const clock = simulatedClock();
    const work = vi.fn(async () => "done");
    const worker = setup({ actors: { work: fromPromise(work) } }).createMachine({
      initial: "idle",
      states: {
        idle: { on: { go: "working" } },
        working: { invoke: { src: "work", onDone: "done" } },
        done: {},
      },
    });
    const tell = (): void => target.send({ type: "go" });
    const teller = setup({}).createMachine({ on: { tell: { actions: afterCommit(tell) } } });
    const machines = { worker: { logic: worker, passivateAfterMs: 1_000 }, teller };
    const runtime = await openRuntime({ clock, machines });
    const target = runtime.createActor("worker", { id: "w" });
    const other = runtime.createActor("teller", { id: "t" });
    await runtime.settled();
    clock.advance(999);
    other.send({ type: "tell" });
    clock.advance(501);
    expect(target.getSnapshot().value).toBe("working");
    await waitFor(target, (snapshot) => snapshot.value === "done");
    await runtime.settled();
    expect(runtime.list({ machine: "worker" })).toMatchObject([{ id: "w", asleep: false, state: "done" }]);
    expect(work).toHaveBeenCalledTimes(1);
    await runtime.close();
  });
});
