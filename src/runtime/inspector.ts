/** Feeds Stately's inspector protocol with every actor of a runtime: on loopback, behind a token, late viewers included. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createInspector, type StatelyActorEvent, type StatelyInspectionEvent } from "@statelyai/inspect";
import { type WebSocket, WebSocketServer } from "ws";
import type { InspectionEvent } from "xstate";
import { PawlError } from "../base/errors/index.ts";
import type { Clock } from "../base/time.ts";
import { refuseOtherOptions } from "./arguments.ts";
import type { Engine } from "./engine.ts";
import { deepestShown, shownValue } from "./inspector-values.ts";
import { type Live, rootOf } from "./live.ts";
import { viewOf } from "./view.ts";
import { type InternalActor, isMachine } from "./xstate/internals.ts";

export interface InspectorOptions {
  /** Default: any free port. */
  readonly port?: number | undefined;
  /** The page that shows the actors. Default: Stately's own, which needs the internet. */
  readonly viewerUrl?: string | undefined;
  /** What a viewer must know. Default, and in place of an empty one: a new one. */
  readonly token?: string | undefined;
}

export interface InspectorFeed {
  /** Open this in a browser; the token is in it. */
  readonly url: string;
  /** The WebSocket behind it, for a viewer of your own; the token is in it. */
  readonly socketUrl: string;
  close(): Promise<void>;
}

const protocolVersion = "0.4.0";
/** What may wait, beyond the actors that it is given first, for a viewer that has stopped reading, before it is let go. */
const mostWaitingBytes = 32 * 1024 * 1024;

/** What is no port is refused by who listens; a URL is as good as its text. */
const inspectorOptions = { port: undefined, viewerUrl: undefined, token: "string" } as const satisfies Record<
  keyof InspectorOptions,
  string | undefined
>;

/** @throws PawlError INSPECTOR_UNAVAILABLE, OPTIONS_INVALID, RUNTIME_CLOSED */
export async function openInspector(engine: Engine, options: InspectorOptions): Promise<InspectorFeed> {
  refuseOtherOptions("openInspector", options, inspectorOptions);
  const token = options.token || randomBytes(24).toString("base64url");
  const http = createServer((request, response) => {
    if (!isAdmitted(request, token)) {
      response.writeHead(401, { "content-type": "text/plain" }).end("The token is missing or wrong.");
      return;
    }
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "referrer-policy": "no-referrer" });
    response.end(bridgePage(options.viewerUrl ?? "https://stately.ai/inspect"));
  });
  const sockets = new WebSocketServer({
    server: http,
    verifyClient: ({ req }: { readonly req: IncomingMessage }) => isAdmitted(req, token),
  });
  // It hands on what goes wrong with the server, which is told below.
  sockets.on("error", () => undefined);
  const introducedBytes = new WeakMap<WebSocket, number>();
  const broadcast = (event: StatelyInspectionEvent): void => {
    const message = JSON.stringify(event);
    for (const viewer of sockets.clients) {
      if (viewer.bufferedAmount > mostWaitingBytes + (introducedBytes.get(viewer) ?? 0)) {
        viewer.terminate();
      } else {
        viewer.send(message);
      }
    }
  };
  // Only what XState reports while somebody looks is translated.
  const inspector = createInspector(
    { send: broadcast },
    { maxDeferredEvents: 0, serializationDepthLimit: deepestShown },
  );
  const observe = (event: InspectionEvent): void => {
    if (sockets.clients.size > 0) {
      inspector.inspect.next?.(shownEvent(event));
    }
  };
  sockets.on("connection", (viewer) => {
    // A viewer that breaks the protocol is closed by the socket itself.
    viewer.on("error", () => undefined);
    for (const live of engine.population.all()) {
      viewer.send(JSON.stringify(introduction(live, engine.clock)));
    }
    introducedBytes.set(viewer, viewer.bufferedAmount);
  });
  const close = async (): Promise<void> => {
    engine.inspectors.delete(observe);
    for (const viewer of sockets.clients) {
      viewer.terminate();
    }
    sockets.close();
    const closed = new Promise((resolve) => http.close(resolve));
    // Browsers connect ahead of what they may ask: a connection that never asks anything would be waited for.
    http.closeAllConnections();
    await closed;
  };
  const port = await listen(http, options.port ?? 0);
  try {
    // It may have been closed meanwhile, and nobody would close this.
    engine.refuseIfClosed();
  } catch (error) {
    await close();
    throw error;
  }
  engine.inspectors.add(observe);
  const query = `?token=${encodeURIComponent(token)}`;
  return { url: `http://127.0.0.1:${port}/${query}`, socketUrl: `ws://127.0.0.1:${port}/${query}`, close };
}

async function listen(http: Server, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject).listen({ port, host: "127.0.0.1" }, resolve);
    });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new PawlError("INSPECTOR_UNAVAILABLE", { port, detail }, { cause });
  }
  return (http.address() as AddressInfo).port;
}

/** Whoever can reach the port may send anything at all. */
function isAdmitted({ url = "/" }: IncomingMessage, token: string): boolean {
  const address = `http://127.0.0.1${url}`;
  return URL.canParse(address) && matches(new URL(address).searchParams.get("token"), token);
}

function matches(given: string | null, token: string): boolean {
  const one = Buffer.from(given ?? "");
  const other = Buffer.from(token);
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The same, of values that are JSON: it is translated later, where nobody would catch what a value throws. */
function shownEvent(event: InspectionEvent): InspectionEvent {
  switch (event.type) {
    case "@xstate.event":
      return { ...event, event: shownValue(event.event) as typeof event.event };
    case "@xstate.snapshot":
      return {
        ...event,
        event: shownValue(event.event) as typeof event.event,
        snapshot: shownValue(event.snapshot) as typeof event.snapshot,
      };
    case "@xstate.actor": {
      const { id, sessionId, logic, _parent } = event.actorRef as unknown as InternalActor;
      const shown = {
        id,
        sessionId,
        _parent,
        logic: { config: isMachine(logic) ? shownValue(logic.config) : undefined },
        // It has none yet.
        getSnapshot: () => shownValue(event.actorRef.getSnapshot()),
      };
      return { ...event, actorRef: shown as unknown as typeof event.actorRef };
    }
    default:
      return event;
  }
}

/** An actor as the protocol announces it, with its definition and its present snapshot. */
function introduction(live: Live, clock: Clock): StatelyActorEvent {
  const { actor, logic } = live;
  return {
    type: "@xstate.actor",
    name: live.key,
    sessionId: actor.sessionId,
    rootId: rootOf(live).actor.sessionId,
    parentId: live.parent?.actor.sessionId,
    definition: isMachine(logic) ? JSON.stringify(shownValue(logic.config)) : undefined,
    snapshot: shownValue(viewOf(logic, actor.getSnapshot())),
    createdAt: String(clock.now()),
    id: `pawl-${live.no}`,
    _version: protocolVersion,
  } as StatelyActorEvent;
}

/** Hands the messages of the socket to the viewer in the frame, once it says that it listens. */
function bridgePage(viewerUrl: string): string {
  const source = JSON.stringify(viewerUrl).replace(/</g, "\\u003c");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Pawl inspector</title>
<style>html, body, iframe { margin: 0; width: 100%; height: 100%; border: 0; display: block }</style>
<iframe id="viewer" title="Inspector"></iframe>
<script>
  const viewer = document.getElementById("viewer");
  const waiting = [];
  let listens = false;
  viewer.src = ${source};
  addEventListener("message", (event) => {
    if (event.data && event.data.type === "@statelyai.connected") {
      listens = true;
      for (const message of waiting.splice(0)) viewer.contentWindow.postMessage(message, "*");
    }
  });
  const socket = new WebSocket("ws://" + location.host + "/" + location.search);
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (listens) viewer.contentWindow.postMessage(message, "*");
    else waiting.push(message);
  };
</script>
</html>`;
}
