/** Runs a case, under plain XState and under Pawl. */
import type { AnyActorRef, AnyMachineSnapshot } from "xstate";
import { createActor } from "xstate";
import { openRuntime } from "../../../src/runtime/index.ts";
import { openSqliteReader } from "../../../src/store/sqlite/open.ts";
import type { Case, Script } from "./cases.ts";
import { convert } from "./convert.ts";
import { stateId } from "./events.ts";
import { type SteppedClock, steppedClock } from "./stepped-clock.ts";

/** What is seen of the machine at the start, and after each event. */
export interface Seen {
  /** The active states without children, sorted. */
  readonly configuration: readonly string[];
  readonly context: unknown;
  readonly status: string;
}

const silent = { logger: (): void => undefined };

/** How the script of a case is played: `restart` comes after each cascade and gives the actor that goes on. */
interface Stage {
  readonly clock: SteppedClock;
  readonly restart: () => Promise<AnyActorRef>;
}

export async function underXState({ document, folder, script }: Case): Promise<Seen[]> {
  const clock = steppedClock();
  const actor = createActor(convert(document, folder), { id: "case", clock: clock as never, ...silent });
  actor.subscribe({ error: () => undefined });
  actor.start();
  return play(script, { clock, restart: async () => actor });
}

/** With the runtime closed, opened and restored from its file after every cascade, on a machine converted anew. */
export async function underPawl({ document, folder, script }: Case, file: string): Promise<Seen[]> {
  const clock = steppedClock();
  const open = () =>
    openRuntime({ file, clock, durability: "normal", machines: { case: convert(document, folder) }, ...silent });
  let runtime = await open();
  // While somebody reads the file, a close leaves the log to the next one who opens, and does not wait for the disk.
  const reader = openSqliteReader(file);
  reader.prepare("SELECT count(*) FROM sqlite_schema").get();
  let actor: AnyActorRef = runtime.createActor("case", { id: "case" });
  const restart = async (): Promise<AnyActorRef> => {
    await runtime.settled();
    await runtime.close();
    runtime = await open();
    actor = runtime.createActor("case", { id: "case" }) as AnyActorRef;
    return actor;
  };
  try {
    return await play(script, { clock, restart });
  } finally {
    await runtime.close();
    reader.close();
  }
}

async function play({ events }: Script, { clock, restart }: Stage): Promise<Seen[]> {
  let actor = await restart();
  const seen = [look(actor)];
  for (const { event, after = 0 } of events) {
    for (let left = after; left > 0; ) {
      const wait = Math.min(left, Math.max(1, Math.ceil(clock.untilNext() ?? left)));
      clock.advance(wait);
      left -= wait;
      actor = await restart();
    }
    // A session that has ended takes no events.
    if (actor.getSnapshot().status === "active") {
      actor.send({ type: event.name, data: event.data });
      actor = await restart();
    }
    seen.push(look(actor));
  }
  return seen;
}

function look(actor: AnyActorRef): Seen {
  const { value, context, status, error } = actor.getSnapshot() as AnyMachineSnapshot;
  if (status === "error") {
    throw error;
  }
  return { configuration: leaves(value).map(stateId).sort(), context, status };
}

function leaves(value: unknown): string[] {
  if (typeof value === "string") {
    return [value];
  }
  return Object.entries(value as object).flatMap(([key, inside]: [string, unknown]) => {
    const below = leaves(inside);
    return below.length === 0 ? [key] : below;
  });
}
