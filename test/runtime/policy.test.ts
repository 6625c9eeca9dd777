import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { setup, waitFor } from "xstate";
import { type DurableArguments, durable, type EffectPolicy, openRuntime } from "../../src/runtime/index.ts";
import { openSqlite, openSqliteReader } from "../../src/store/sqlite/open.ts";
import { testFolder } from "./folder.fixture.ts";
import { clockAsNodeHasIt } from "./node-clock.fixture.ts";

interface Attempt {
  readonly at: number;
  readonly key: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly resolve: (value: string) => void;
  readonly reject: (error: Error) => void;
}

/** A store in which a machine runs an effect of this policy; the test settles each attempt. */
function workshop(policy: EffectPolicy) {
  const clock = clockAsNodeHasIt(1_000);
  const file = join(testFolder(), "work.db");
  const store = openSqlite({ file, clock });
  const attempts: Attempt[] = [];
  const work = durable(policy)<string, { name: string }>(
    ({ effect, signal }: DurableArguments<{ name: string }>) =>
      new Promise((resolve, reject) => attempts.push({ at: clock.now(), ...effect, signal, resolve, reject })),
  );
  const machine = setup({
    types: {} as { input: { name: string }; context: { name: string } },
    actors: { work },
  }).createMachine({
    context: ({ input }) => input,
    initial: "working",
    states: {
      working: {
        invoke: { src: "work", input: ({ context }) => context, onDone: "done", onError: "failed" },
        on: { leave: "left" },
      },
      done: {},
      failed: {},
      left: {},
    },
  });
  const open = () => openRuntime({ store, clock, machines: { machine } });
  const make = (runtime: Awaited<ReturnType<typeof open>>, id: string) =>
    runtime.createActor("machine", { id, input: { name: id } });
  return { clock, file, attempts, open, make };
}

type Opened = Awaited<ReturnType<ReturnType<typeof workshop>["open"]>>;

/** Until what settled has been heard, committed, and what follows has begun. */
async function quiet(runtime: Opened): Promise<void> {
  for (const _ of [1, 2]) {
    await runtime.settled();
    await new Promise(setImmediate);
  }
  await runtime.settled();
}

/** A workshop with an actor `a` whose first attempt is on its way. */
async function begun(policy: EffectPolicy) {
  const shop = workshop(policy);
  const runtime = await shop.open();
  const actor = shop.make(runtime, "a");
  await quiet(runtime);
  return { ...shop, runtime, actor };
}

describe("durable({ leaseMs })", () => {
  test("waits for the time in which an attempt of a crashed process may still run", async () => {
    const { clock, attempts, open, make } = workshop({ leaseMs: 1_000 });
    const first = await open();
    make(first, "a");
    await quiet(first);
    first.halt();
    clock.advance(400);
    const second = await open();
    await quiet(second);
    clock.advance(599);
    await quiet(second);
    expect(attempts.length).toBe(1);
    clock.advance(1);
    await quiet(second);
    expect(attempts.map(({ at, attempt }) => [at, attempt])).toEqual([
      [1_000, 1],
      [2_000, 2],
    ]);
    expect(attempts[1]?.key).toBe(attempts[0]?.key);
    second.halt();
  });

  test("waits for nothing when that time is over", async () => {
    const { clock, attempts, open, make } = workshop({ leaseMs: 1_000 });
    const first = await open();
    make(first, "a");
    await quiet(first);
    first.halt();
    clock.advance(1_000);
    const second = await open();
    await quiet(second);
    expect(attempts.map(({ at }) => at)).toEqual([1_000, 2_000]);
    second.halt();
  });
});

test("a backoff goes on over a restart, whatever is left of the lease", async () => {
  const { clock, attempts, runtime, open } = await begun({ leaseMs: 1_000, retry: { max: 1, backoffMs: 100 } });
  attempts[0]?.reject(new Error("no"));
  await quiet(runtime);
  clock.advance(50);
  runtime.halt();
  const second = await open();
  await quiet(second);
  clock.advance(49);
  await quiet(second);
  expect(attempts.length).toBe(1);
  clock.advance(1);
  await quiet(second);
  expect(attempts.map(({ at }) => at)).toEqual([1_000, 1_100]);
  second.halt();
});

describe("the idempotency key", () => {
  test("comes from the input where the policy says so, and stays over a restart", async () => {
    const { attempts, open, make } = workshop({ key: ({ name }: { name: string }) => `invoice of ${name}` });
    const first = await open();
    make(first, "a");
    make(first, "b");
    await quiet(first);
    first.halt();
    await quiet(await open());
    expect(attempts.map(({ key, attempt }) => [key, attempt])).toEqual([
      ["invoice of a", 1],
      ["invoice of b", 1],
      ["invoice of a", 2],
      ["invoice of b", 2],
    ]);
  });

  test.each([
    ["a promise", async () => "k"],
    ["a Map", () => new Map([["a", 1]])],
  ])("is not %s, which would be the same text for all effects: the effect fails, and is not begun", async (_, key) => {
    const { attempts, open, make } = workshop({ key: key as never });
    const runtime = await open();
    const actor = make(runtime, "a");
    await quiet(runtime);
    expect([attempts.length, actor.getSnapshot().value]).toEqual([0, "failed"]);
    expect(runtime.history("a").at(-1)?.event).toMatchObject({ error: { code: "EFFECT_POLICY_INVALID" } });
    runtime.halt();
  });

  test("is another one for each effect and each store where the policy says nothing", async () => {
    const keys: string[] = [];
    for (const { attempts, open, make } of [workshop({}), workshop({})]) {
      const runtime = await open();
      make(runtime, "a");
      make(runtime, "b");
      await quiet(runtime);
      keys.push(...attempts.map(({ key }) => key));
      runtime.halt();
    }
    expect(new Set(keys).size).toBe(4);
  });
});

describe("durable({ retry })", () => {
  test("waits longer each time, by its factor and up to its longest wait", async () => {
    const { clock, attempts, runtime, actor } = await begun({
      retry: { max: 3, backoffMs: 100, factor: 3, maxBackoffMs: 500 },
    });
    for (const waitMs of [100, 300, 500]) {
      attempts.at(-1)?.reject(new Error("no"));
      await quiet(runtime);
      clock.advance(waitMs);
      await quiet(runtime);
    }
    expect(attempts.map(({ at }) => at - 1_000)).toEqual([0, 100, 400, 900]);
    expect(actor.getSnapshot().value).toBe("working");
    attempts.at(-1)?.reject(new Error("no"));
    await waitFor(actor, (snapshot) => snapshot.matches("failed"));
    runtime.halt();
  });

  test("makes no attempt any more when the actor was stopped in the meantime", async () => {
    const { clock, attempts, runtime, actor } = await begun({ retry: { max: 3, backoffMs: 100 } });
    attempts[0]?.reject(new Error("no"));
    await quiet(runtime);
    actor.send({ type: "leave" });
    await quiet(runtime);
    clock.advance(10_000);
    await quiet(runtime);
    expect(attempts.length).toBe(1);
    runtime.halt();
  });
});

describe("durable({ timeoutMs })", () => {
  test("gives an attempt its time, be it longer than a timer of Node can wait", async () => {
    const timeoutMs = 30 * 24 * 3_600_000;
    const { clock, runtime, actor } = await begun({ timeoutMs });
    clock.advance(timeoutMs - 1);
    await quiet(runtime);
    expect(actor.getSnapshot().value).toBe("working");
    clock.advance(1);
    await quiet(runtime);
    expect(actor.getSnapshot().value).toBe("failed");
    runtime.halt();
  });

  test("says by its signal what it was", async () => {
    const { clock, attempts, runtime } = await begun({ timeoutMs: 50 });
    clock.advance(50);
    await quiet(runtime);
    expect(attempts[0]?.signal.reason).toMatchObject({ code: "EFFECT_TIMED_OUT", values: { timeoutMs: 50 } });
    runtime.halt();
  });
});

test.each([
  ["resolves", "resolved"],
  ["rejects", "rejected"],
] as const)("an attempt that %s after its time is recorded once, and not used (I3)", async (how, outcome) => {
  const { clock, file, attempts, runtime, actor } = await begun({ timeoutMs: 50, retry: { max: 1 } });
  clock.advance(50);
  await quiet(runtime);
  clock.advance(0);
  await quiet(runtime);
  expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
  if (how === "resolves") {
    attempts[0]?.resolve("late");
  } else {
    attempts[0]?.reject(new Error("late"));
  }
  await quiet(runtime);
  expect(actor.getSnapshot().value).toBe("working");
  attempts[1]?.resolve("in time");
  await waitFor(actor, (snapshot) => snapshot.matches("done"));
  await quiet(runtime);
  const db = openSqliteReader(file);
  expect(db.prepare("SELECT attempt, outcome FROM late_settlements").all()).toEqual([{ attempt: 1, outcome }]);
  db.close();
  runtime.halt();
});

describe("without a policy", () => {
  test("one attempt decides, as in XState", async () => {
    const { attempts, runtime, actor } = await begun({});
    attempts[0]?.reject(new Error("no"));
    await waitFor(actor, (snapshot) => snapshot.matches("failed"));
    await quiet(runtime);
    expect(attempts.length).toBe(1);
    runtime.halt();
  });
});

describe("the abort signal", () => {
  test("fires when the runtime closes, and the next start makes another attempt", async () => {
    const { attempts, open, make } = workshop({});
    const first = await open();
    make(first, "a");
    await quiet(first);
    await first.close();
    expect(attempts.map(({ signal }) => signal.aborted)).toEqual([true]);
    const second = await open();
    await quiet(second);
    attempts[1]?.resolve("done");
    await waitFor(make(second, "a"), (snapshot) => snapshot.matches("done"));
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
    second.halt();
  });

  test.each([{}, { timeoutMs: 50 }])(
    "fires when the actor is stopped; what comes later is recorded and not used: %o",
    async (policy) => {
      const { file, attempts, runtime, actor } = await begun(policy);
      actor.send({ type: "leave" });
      expect(attempts[0]?.signal.aborted).toBe(true);
      await quiet(runtime);
      attempts[0]?.resolve("late");
      await quiet(runtime);
      expect(actor.getSnapshot().value).toBe("left");
      const db = openSqliteReader(file);
      expect(db.prepare("SELECT attempt, outcome FROM late_settlements").all()).toEqual([
        { attempt: 1, outcome: "resolved" },
      ]);
      expect(db.prepare("SELECT status FROM effects").all()).toEqual([{ status: "stopped" }]);
      db.close();
      runtime.halt();
    },
  );
});
