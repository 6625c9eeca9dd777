import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { assign, setup } from "xstate";
import { openRuntime } from "../../../src/runtime/index.ts";
import { openSqliteReader } from "../../../src/store/sqlite/open.ts";
import { checkStore } from "../crash/check-store.ts";
import { testFolder } from "../folder.fixture.ts";

/** As in `tally.fixture.mjs`. */
const tally = setup({
  types: {} as { context: { taken: string[] }; events: { type: "TAKE"; text: string } },
}).createMachine({
  id: "tally",
  context: { taken: [] },
  on: { TAKE: { actions: assign({ taken: ({ context, event }) => [...context.taken, event.text] }) } },
});
const machines = { tally };
const claimMs = 600;

interface Holder {
  readonly process: ChildProcessWithoutNullStreams;
  /** Its next line. */
  told(): Promise<string>;
  take(text: string): void;
}

/** Another process that writes to the store. */
function startHolder(file: string, threadAfterEvents = 4_096): Holder {
  const program = fileURLToPath(new URL("holder.fixture.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, file, ...[claimMs, threadAfterEvents].map(String)]);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    told: async () => String((await lines.next()).value),
    take: (text) => child.stdin.write(`take ${text}\n`),
  };
}

function claimOf(file: string): { readonly fence: number; readonly expires_at: number } {
  const db = openSqliteReader(file);
  try {
    return db.prepare("SELECT fence, expires_at FROM claim").get() as { fence: number; expires_at: number };
  } finally {
    db.close();
  }
}

/** `T` while a process is stopped by a signal. */
const stageOf = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
};

const takenIn = async (file: string): Promise<readonly string[]> => {
  const runtime = await openRuntime({ file, machines });
  const { taken } = runtime.createActor("tally", { id: "t" }).getSnapshot().context;
  await runtime.close();
  return taken;
};

describe.skipIf(process.platform !== "linux")("a process that slept past its claim (I8)", () => {
  test.each([
    ["in its own turn", 256],
    ["by a thread", 0],
  ])("cannot write any more, %s, when another one has taken the store over", async (_, threadAfterEvents) => {
    const file = join(testFolder(), "tally.db");
    const holder = startHolder(file, threadAfterEvents);
    expect(await holder.told()).toBe("open");
    holder.take("first");
    expect(await holder.told()).toBe("took first");

    // While it is awake its claim is renewed for as long as it likes, and others are refused.
    const first = claimOf(file).expires_at;
    await vi.waitFor(() => expect(claimOf(file).expires_at).toBeGreaterThan(first + claimMs), { timeout: 10_000 });
    await expect(openRuntime({ file, machines })).rejects.toMatchObject({ code: "STORE_IN_USE" });

    holder.process.kill("SIGSTOP");
    await vi.waitFor(() => expect(stageOf(holder.process.pid ?? 0)).toBe("T"));
    holder.take("asleep");
    const runtime = await openRuntime({ file, machines, waitMs: 20_000 });
    const actor = runtime.createActor("tally", { id: "t" });
    await actor.deliver({ type: "TAKE", text: "second" });
    const { fence } = claimOf(file);

    holder.process.kill("SIGCONT");
    expect([await holder.told(), await holder.told()].sort()).toEqual(["failure STORE_FENCED", "refused STORE_FENCED"]);
    // It can do nothing more, neither by another attempt nor by its end.
    holder.take("again");
    expect(await holder.told()).toBe("refused RUNTIME_CLOSED");
    holder.process.stdin.end();
    expect(await holder.told()).toBe("closed");
    await once(holder.process, "close");
    expect(claimOf(file).fence).toBe(fence);
    await actor.deliver({ type: "TAKE", text: "third" });
    await runtime.close();

    expect(await takenIn(file)).toEqual(["first", "second", "third"]);
    expect(checkStore(file).faults).toEqual([]);
  });

  test("goes on where nobody took it over", async () => {
    const file = join(testFolder(), "tally.db");
    const holder = startHolder(file);
    expect(await holder.told()).toBe("open");
    holder.process.kill("SIGSTOP");
    await vi.waitFor(() => expect(claimOf(file).expires_at).toBeLessThan(Date.now()), { timeout: 10_000 });
    holder.process.kill("SIGCONT");
    holder.take("first");
    expect(await holder.told()).toBe("took first");
    holder.process.stdin.end();
    expect(await holder.told()).toBe("closed");
    expect(await takenIn(file)).toEqual(["first"]);
  });
});

describe("a process that was killed", () => {
  test("is replaced at once, before its claim runs out", async () => {
    const file = join(testFolder(), "tally.db");
    const holder = startHolder(file);
    expect(await holder.told()).toBe("open");
    holder.take("first");
    expect(await holder.told()).toBe("took first");
    holder.process.kill("SIGKILL");
    await once(holder.process, "close");
    expect(await takenIn(file)).toEqual(["first"]);
  });
});
