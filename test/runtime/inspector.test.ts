import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { assign, setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

const child = setup({}).createMachine({ id: "child", initial: "idle", states: { idle: {} } });
const lamp = setup({ actors: { child } }).createMachine({
  id: "lamp",
  invoke: { src: "child", id: "kid" },
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});

interface Message {
  readonly type: string;
  readonly name?: string;
  readonly sessionId: string;
  readonly parentId?: string;
  readonly definition?: string;
  readonly snapshot?: { readonly value?: unknown };
}

/** Reads messages until one fits. */
async function messagesUntil(socket: WebSocket, isLast: (message: Message) => boolean): Promise<Message[]> {
  const messages: Message[] = [];
  return new Promise((resolve) => {
    const read = (data: unknown): void => {
      const message = JSON.parse(String(data)) as Message;
      messages.push(message);
      if (isLast(message)) {
        socket.off("message", read);
        resolve(messages);
      }
    };
    socket.on("message", read);
  });
}

describe("the inspector's feed", () => {
  test("gives a late viewer each live actor, a restored one too, and then what happens", async () => {
    const store = openSqlite({ file: ":memory:" });
    const first = await openRuntime({ store, machines: { lamp } });
    first.createActor("lamp", { id: "l" }).send({ type: "flip" });
    await first.settled();
    first.halt();

    const runtime = await openRuntime({ store, machines: { lamp } });
    const feed = await runtime.openInspector();
    const viewer = new WebSocket(feed.socketUrl);
    const introduced = await messagesUntil(viewer, ({ name }) => name === "kid");
    expect(introduced.map(({ type, name, snapshot }) => [type, name, snapshot?.value])).toEqual([
      ["@xstate.actor", "l", "on"],
      ["@xstate.actor", "kid", "idle"],
    ]);
    expect(JSON.parse(introduced[0]?.definition ?? "{}")).toMatchObject({ id: "lamp", initial: expect.anything() });
    expect(introduced[1]?.parentId).toBe(introduced[0]?.sessionId);

    const seen = messagesUntil(
      viewer,
      ({ type, snapshot }) => type === "@xstate.snapshot" && snapshot?.value === "off",
    );
    runtime.createActor("lamp", { id: "l" }).send({ type: "flip" });
    expect((await seen).some(({ type }) => type === "@xstate.event")).toBe(true);
    await feed.close();
    await runtime.close();
  });

  test("gives each viewer every live actor first, and tells all of them what happens then", async () => {
    const runtime = await openRuntime({ machines: { lamp } });
    const feed = await runtime.openInspector();
    const introduced = (viewer: WebSocket, count: number) => {
      const names: (string | undefined)[] = [];
      return messagesUntil(viewer, ({ type, name }) => {
        names.push(`${type} ${name}`);
        return names.length === count;
      }).then(() => names);
    };
    runtime.createActor("lamp", { id: "a" });
    const first = new WebSocket(feed.socketUrl);
    expect(await introduced(first, 2)).toEqual(["@xstate.actor a", "@xstate.actor kid"]);
    const seen = [messagesUntil(first, ({ snapshot }) => snapshot?.value === "on")];
    runtime.createActor("lamp", { id: "b" });
    await runtime.settled();
    const late = new WebSocket(feed.socketUrl);
    expect(await introduced(late, 4)).toEqual([
      "@xstate.actor a",
      "@xstate.actor kid",
      "@xstate.actor b",
      "@xstate.actor kid",
    ]);
    seen.push(messagesUntil(late, ({ snapshot }) => snapshot?.value === "on"));
    runtime.createActor("lamp", { id: "a" }).send({ type: "flip" });
    const [one = [], other = []] = await Promise.all(seen);
    expect(one.map(({ type, name }) => `${type} ${name}`)).toContain("@xstate.actor b");
    expect(other.map(({ type }) => type)).toContain("@xstate.event");
    await feed.close();
    await runtime.close();
  });

  test.each(["close", "halt"] as const)(
    "ends with its runtime, by %s(), so that no process is kept alive by it",
    async (end) => {
      const runtime = await openRuntime({ machines: { lamp } });
      const feed = await runtime.openInspector();
      const viewer = new WebSocket(feed.socketUrl);
      await once(viewer, "open");
      const cut = once(viewer, "close");
      await runtime[end]();
      await cut;
      await expect(fetch(feed.url)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
      await feed.close();
      await expect(runtime.openInspector()).rejects.toMatchObject({ code: "RUNTIME_CLOSED" });
    },
  );

  test("asks for its token, on loopback only", async () => {
    const runtime = await openRuntime({ machines: { lamp } });
    const feed = await runtime.openInspector({ viewerUrl: "http://127.0.0.1:1/viewer" });
    expect(new URL(feed.url).hostname).toBe("127.0.0.1");
    const without = new URL(feed.url);
    without.search = "?token=guess";
    expect((await fetch(without)).status).toBe(401);
    const page = await fetch(feed.url);
    expect([page.status, (await page.text()).includes('viewer.src = "http://127.0.0.1:1/viewer"')]).toEqual([
      200,
      true,
    ]);
    const viewer = new WebSocket(`ws://${without.host}/?token=guess`);
    const [error] = (await once(viewer, "error")) as [Error];
    expect(error.message).toContain("401");
    await feed.close();
    await runtime.close();
  });

  /** What the server answers to bytes as they are. */
  async function answerTo(url: string, bytes: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => {
      answer += String(data);
    });
    socket.end(bytes);
    await once(socket, "close");
    return answer.split("\r\n")[0] ?? "";
  }

  test("refuses whatever is sent to it without the token", async () => {
    const runtime = await openRuntime({ machines: { lamp } });
    const feed = await runtime.openInspector();
    const upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    for (const target of ["//", "http://[", "*", "/?token=%"]) {
      const head = `GET ${target} HTTP/1.1\r\nHost: x\r\n`;
      expect(await answerTo(feed.url, `${head}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 40[01] /);
      expect(await answerTo(feed.url, `${head}${upgrade}\r\n`)).toMatch(/^HTTP\/1.1 40[01] /);
    }
    await feed.close();
    await runtime.close();
  });

  test("outlives a viewer that breaks the protocol, and a port that is taken", async () => {
    const runtime = await openRuntime({ machines: { lamp } });
    const feed = await runtime.openInspector({ token: "a b&c+d" });
    const viewer = new WebSocket(feed.socketUrl);
    await once(viewer, "open");
    const cut = once(viewer, "close");
    (viewer as unknown as { readonly _socket: Socket })._socket.write(Buffer.from([0xff, 0xff, 0xff]));
    await cut;
    expect((await fetch(feed.url)).status).toBe(200);
    for (const port of [Number(new URL(feed.url).port), 80_000, "9229x" as never]) {
      await expect(runtime.openInspector({ port })).rejects.toMatchObject({
        code: "INSPECTOR_UNAVAILABLE",
        message: expect.stringContaining(`port ${port}: `),
      });
    }
    await feed.close();
    await runtime.close();
  });

  test("shows values that JSON has no word for, wherever they are, and harms nobody who has them", async () => {
    const meta: Record<string, unknown> = { size: 5n };
    meta["self"] = meta;
    const counter = setup({}).createMachine({
      id: "counter",
      meta,
      context: { big: 7n, seen: new Map([["a", new Set([1])]]), since: new Date(0), odd: Number.NaN },
      on: { count: { actions: assign({ big: 8n }) } },
    });
    const runtime = await openRuntime({ machines: { counter } });
    const actor = runtime.createActor("counter", { id: "c" });
    const feed = await runtime.openInspector();
    const viewer = new WebSocket(feed.socketUrl);
    const [introduced] = await messagesUntil(viewer, ({ name }) => name === "c");
    const context = { seen: [["a", [1]]], since: "1970-01-01T00:00:00.000Z", odd: "NaN" };
    expect(introduced?.snapshot).toMatchObject({ context: { ...context, big: "7n" } });
    expect(JSON.parse(introduced?.definition ?? "{}")).toMatchObject({ meta: { size: "5n", self: "[Circular]" } });

    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const event = {
      type: "count",
      by: 1n,
      circle,
      get worth(): never {
        throw new Error("not now");
      },
      what: { toJSON: () => Promise.reject.call(undefined) },
      how: () => undefined,
    };
    const seen = messagesUntil(viewer, ({ type, name }) => type === "@xstate.actor" && name === "d");
    actor.send(event);
    runtime.createActor("counter", { id: "d" });
    const shown = {
      by: "1n",
      circle: { self: "[Circular]" },
      worth: "[threw Error: not now]",
      what: expect.stringMatching(/^\[threw TypeError/),
      how: { type: "how" },
    };
    expect((await seen).slice(0, 3)).toMatchObject([
      { type: "@xstate.event", event: shown },
      { type: "@xstate.snapshot", event: shown, snapshot: { context: { ...context, big: "8n" } } },
      { type: "@xstate.actor", snapshot: { context: { ...context, big: "7n" } } },
    ]);
    await runtime.close();
  });

  test("describes a machine to a late viewer as to an early one: delays and eventless transitions are in it", async () => {
    const light = setup({}).createMachine({
      id: "light",
      initial: "red",
      states: { red: { after: { 60000: "green" } }, green: { always: "red" } },
    });
    const runtime = await openRuntime({ machines: { light } });
    const feed = await runtime.openInspector();
    const early = new WebSocket(feed.socketUrl);
    await once(early, "open");
    const announced = messagesUntil(early, ({ name }) => name === "l");
    runtime.createActor("light", { id: "l" });
    const [first] = await announced;
    const [late] = await messagesUntil(new WebSocket(feed.socketUrl), ({ name }) => name === "l");
    expect(JSON.parse(late?.definition ?? "")).toEqual(light.config);
    expect(JSON.parse(first?.definition ?? "")).toEqual(light.config);
    await runtime.close();
  });

  test("lets go of a viewer that stopped reading, instead of keeping all that it missed", async () => {
    const runtime = await openRuntime({ machines: { lamp } });
    const feed = await runtime.openInspector();
    const viewer = new WebSocket(feed.socketUrl);
    await once(viewer, "open");
    (viewer as unknown as { readonly _socket: Socket })._socket.pause();
    const actor = runtime.createActor("lamp", { id: "l" });
    const other = new WebSocket(feed.socketUrl);
    await once(other, "open");
    const text = "x".repeat(4 * 1024 * 1024);
    for (let sent = 0; sent < 12; sent += 1) {
      const told = messagesUntil(other, ({ type }) => type === "@xstate.snapshot");
      actor.send({ type: "flip", text } as { type: "flip" });
      await told;
    }
    const closed = once(viewer, "close");
    (viewer as unknown as { readonly _socket: Socket })._socket.resume();
    expect((await closed)[0]).toBe(1006);
    expect(other.readyState).toBe(WebSocket.OPEN);
    await runtime.close();
  });

  test("has a token of its own where an empty one was given", async () => {
    const runtime = await openRuntime({ machines: { lamp } });
    const feed = await runtime.openInspector({ token: "" });
    expect((await fetch(new URL("/", feed.url))).status).toBe(401);
    expect((await fetch(feed.url)).status).toBe(200);
    await runtime.close();
  });
});
