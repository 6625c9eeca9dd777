import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { assign, raise, sendTo, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqliteReader } from "../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { testFolder } from "./folder.fixture.ts";

const child = setup({}).createMachine({ initial: "a", states: { a: { on: { go: "b" } }, b: {} } });
const parent = setup({ actors: { child } }).createMachine({
  invoke: { src: "child", id: "child" },
  initial: "a",
  states: { a: { on: { go: { target: "b", actions: sendTo("child", { type: "go" }) } } }, b: { on: { back: "a" } } },
});

async function opened() {
  const file = join(testFolder(), "commits.db");
  const runtime = await openRuntime({ file, machines: { parent } });
  const commits = (): number => {
    const db = openSqliteReader(file);
    try {
      return db.prepare("SELECT count(*) FROM commits").pluck().get() as number;
    } finally {
      db.close();
    }
  };
  return { file, runtime, commits };
}

describe("a commit", () => {
  test("holds the cascades of one turn, of as many actors as there are", async () => {
    const { runtime, commits } = await opened();
    const actors = Array.from({ length: 20 }, (_, i) => runtime.createActor("parent", { id: `p${i}` }));
    await runtime.settled();
    expect(commits()).toBe(1);
    for (const actor of actors) {
      actor.send({ type: "go" });
      actor.send({ type: "back" });
    }
    await runtime.settled();
    expect(commits()).toBe(2);
    actors[0]?.send({ type: "go" });
    await runtime.settled();
    actors[0]?.send({ type: "back" });
    await runtime.settled();
    expect(commits()).toBe(4);
    await runtime.close();
  });

  test("is shared by deliveries of one turn, each of which resolves when its own is on disk", async () => {
    const { file, runtime, commits } = await opened();
    const actors = Array.from({ length: 20 }, (_, i) => runtime.createActor("parent", { id: `p${i}` }));
    await runtime.settled();
    const db = openSqliteReader(file);
    const stateOf = db.prepare<[string], string>("SELECT state FROM actors WHERE id = ?").pluck();
    const states = await Promise.all(
      actors.map(async (actor) => {
        await actor.deliver({ type: "go" });
        return [stateOf.get(actor.id), stateOf.get(`${actor.id}/child`)];
      }),
    );
    db.close();
    expect(states).toEqual(actors.map(() => ["b", "b"]));
    expect(commits()).toBe(2);
    await runtime.close();
  });

  test("is not made when nothing has happened", async () => {
    const { runtime, commits } = await opened();
    const actor = runtime.createActor("parent", { id: "p" });
    await runtime.settled();
    actor.send({ type: "unknown" } as never);
    await runtime.settled();
    expect(commits()).toBe(1);
    await runtime.close();
  });
});

test("10,000 delayed events of a runtime stand on one alarm, in the order of their time, over a restart", async () => {
  const clock = simulatedClock();
  const file = join(testFolder(), "timers.db");
  const count = 10_000;
  const many = setup({
    types: {} as {
      context: { fired: number; last: number; ordered: boolean };
      events: { type: "arm" } | { type: "due"; at: number };
    },
  }).createMachine({
    context: { fired: 0, last: -1, ordered: true },
    on: {
      arm: {
        actions: Array.from({ length: count }, (_, i) => (i * 7_919) % count).map((at) =>
          raise({ type: "due", at } as const, { delay: at }),
        ),
      },
      due: {
        actions: assign(({ context, event }) => ({
          fired: context.fired + 1,
          last: event.at,
          ordered: context.ordered && event.at > context.last,
        })),
      },
    },
  });
  const first = await openRuntime({ file, clock, machines: { many } });
  first.createActor("many", { id: "m" }).send({ type: "arm" });
  await first.settled();
  expect(clock.pending()).toBe(1);
  clock.advance(count / 2);
  await first.settled();
  first.halt();
  expect(clock.pending()).toBe(0);

  const second = await openRuntime({ file, clock, machines: { many } });
  expect(clock.pending()).toBe(1);
  clock.advance(count);
  await second.settled();
  expect(second.createActor("many", { id: "m" }).getSnapshot().context).toEqual({
    fired: count,
    last: count - 1,
    ordered: true,
  });
  expect(clock.pending()).toBe(0);
  await second.close();
});
