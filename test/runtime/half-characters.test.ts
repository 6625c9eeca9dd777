import { join } from "node:path";
import { expect, test } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { durable, openRuntime } from "../../src/runtime/index.ts";
import { checkStore } from "./crash/check-store.ts";
import { testFolder } from "./folder.fixture.ts";

/** As `slice` leaves it of a text that was too long. */
const half = "well done 😀".slice(0, -1);

type Said = { type: "say"; reason: string; operator: string };

const listener = setup({
  types: {} as { events: Said },
}).createMachine({ initial: "quiet", states: { quiet: { on: { say: "told" } }, told: {} } });

test("a text that was cut within a character leaves the chain of audit events whole (I7)", async () => {
  const file = join(testFolder(), "a.db");
  const runtime = await openRuntime({ file, machines: { listener } });
  const actor = runtime.createActor("listener", { id: "l" });
  await actor.deliver({ type: "say", reason: half, operator: half });
  await expect(actor.deliver({ type: half } as never)).rejects.toMatchObject({ code: "INVALID_TRANSITION" });
  await runtime.note("l", { type: "warning", trigger: half, reason: half, operator: half });
  await runtime.close();
  expect(checkStore(file)).toMatchObject({ audits: 3, faults: [] });
});

test("an effect's key that was cut within a character is the same after a restart (I3)", async () => {
  const file = join(testFolder(), "a.db");
  const keys: string[] = [];
  const charge = durable({ key: () => half })(async ({ effect }) => {
    keys.push(effect.key);
    await new Promise(() => undefined);
  });
  for (let start = 0; start < 2; start += 1) {
    const runtime = await openRuntime({ file, machines: { charge } });
    runtime.createActor("charge", { id: "c" });
    await runtime.settled();
    runtime.halt();
  }
  expect(keys).toEqual(["well done \ufffd", "well done \ufffd"]);
});

test("a child cannot be named with half a character: it would have another name after a restart", async () => {
  const parent = setup({
    types: {} as { context: { child: unknown }; events: { type: "spawn" } },
    actors: { child: fromPromise(() => new Promise(() => undefined)) },
  }).createMachine({
    context: { child: undefined },
    on: { spawn: { actions: assign({ child: ({ spawn }) => spawn("child", { id: half }) }) } },
  });
  const runtime = await openRuntime({ machines: { parent } });
  const actor = runtime.createActor("parent", { id: "p" });
  actor.subscribe({ error: () => undefined });
  actor.send({ type: "spawn" });
  expect(actor.getSnapshot()).toMatchObject({ status: "error", error: { code: "ACTOR_ID_INVALID" } });
  await runtime.close();
});
