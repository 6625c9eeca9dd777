import { describe, expect, test } from "vitest";
import {
  type AnyActorRef,
  createActor,
  createMachine,
  fromCallback,
  fromEventObservable,
  sendTo,
  spawnChild,
} from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";

const heard: string[] = [];
const never = { subscribe: () => ({ unsubscribe: () => undefined }) };
const logics = {
  line: fromCallback(({ receive }) => receive(({ type }) => heard.push(type))),
  feed: fromEventObservable(() => never as never),
};

describe.each(["line", "feed"] as const)("a %s that is told something in the turn in which it is made", (src) => {
  const machine = createMachine(
    {
      on: {
        go: { actions: [spawnChild(src, { id: src, syncSnapshot: true }), sendTo(src, { type: "hello" })] },
        "xstate.snapshot.*": {},
      },
    },
    { actors: logics },
  );

  async function notifications(actor: AnyActorRef, settled: () => Promise<unknown>): Promise<string[]> {
    const list: string[] = [];
    heard.length = 0;
    actor.subscribe(() => list.push("notified"));
    actor.start();
    actor.send({ type: "go" });
    await settled();
    return [...list, ...heard];
  }

  test("hears it once, and tells of it as often as in XState", async () => {
    const expected = await notifications(createActor(machine), () => Promise.resolve());
    const runtime = await openRuntime({ machines: { machine } });
    const actor = runtime.createActor(machine, { id: "m" }) as unknown as AnyActorRef;
    expect(await notifications(actor, () => runtime.settled())).toEqual(expected);
    expect(heard).toEqual(src === "line" ? ["hello"] : []);
    await runtime.close();
  });
});
