import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";

const lamp = setup({}).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});

describe("the inspector's feed", () => {
  test("closes though a browser has connected ahead and asks nothing", async () => {
    const runtime = await openRuntime({ machines: { lamp } });
    const feed = await runtime.openInspector();
    const ahead = connect(Number(new URL(feed.url).port), "127.0.0.1");
    await once(ahead, "connect");
    expect((await fetch(feed.url)).status).toBe(200);
    const cut = once(ahead, "close");
    await runtime.close();
    await cut;
  });

  test("is not left open by a runtime that is closed while it opens, at whatever moment", async () => {
    for (let turns = 0; turns < 30; turns += 1) {
      const runtime = await openRuntime({ machines: { lamp } });
      const opened = runtime.openInspector().catch((error: unknown) => {
        expect(error).toMatchObject({ code: "RUNTIME_CLOSED" });
        return undefined;
      });
      for (let turn = 0; turn < turns; turn += 1) {
        await Promise.resolve();
      }
      await runtime.close();
      const feed = await opened;
      if (feed !== undefined) {
        await expect(fetch(feed.url)).rejects.toThrow("fetch failed");
      }
    }
  });
});
