/**
 * A power cut, simulated on copies of the files: all that was synced by the last acknowledged commit is there; of what
 * was written to the log after it, any number of bytes arrived, with anything behind them.
 * Not simulated: sectors that arrived out of order, a disk that says it synced and did not, a cut inside a checkpoint.
 */
import { copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assign, setup } from "xstate";
import { systemClock } from "../../../src/base/time.ts";
import { openRuntime } from "../../../src/runtime/index.ts";
import { testFolder } from "../folder.fixture.ts";
import { checkStore } from "./check-store.ts";

const tally = setup({
  types: {} as { context: { taken: number[] }; events: { type: "TAKE"; n: number } },
}).createMachine({
  context: { taken: [] },
  initial: "even",
  states: {
    even: {
      on: { TAKE: { target: "odd", actions: assign({ taken: ({ context, event }) => [...context.taken, event.n] }) } },
    },
    odd: {
      on: { TAKE: { target: "even", actions: assign({ taken: ({ context, event }) => [...context.taken, event.n] }) } },
    },
  },
});
const machines = { tally };
/** The process that held the claim is gone with the power; here it is this one, so its claim has to run out. */
const anHourLater = { ...systemClock, now: () => systemClock.now() + 3_600_000 };
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("a power cut", () => {
  test("leaves all that was acknowledged, wherever it cuts what came after", async () => {
    const folder = testFolder();
    const file = join(folder, "tally.db");
    const synced: number[] = [];
    const runtime = await openRuntime({ file, machines });
    const actor = runtime.createActor("tally", { id: "t" });
    await runtime.settled();
    for (const n of upTo(8)) {
      synced.push(statSync(`${file}-wal`).size);
      await actor.deliver({ type: "TAKE", n });
    }
    copyFileSync(file, join(folder, "copy.db"));
    const log = readFileSync(`${file}-wal`);
    synced.push(log.length);
    await runtime.close();

    const cut = fc.record({
      acknowledged: fc.nat({ max: 7 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      behind: fc.uint8Array({ maxLength: 9_000 }),
      keepsLength: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cut, async ({ acknowledged, share, behind, keepsLength }) => {
        const [from = 0, to = 0] = synced.slice(acknowledged);
        const arrived = log.subarray(0, from + Math.floor(share * (to - from)));
        // A file may have its new length before its bytes: they read as zeros.
        const rest = keepsLength ? Buffer.alloc(log.length - arrived.length) : behind;
        const left = join(testFolder(), "left.db");
        copyFileSync(join(folder, "copy.db"), left);
        writeFileSync(`${left}-wal`, Buffer.concat([arrived, rest]));

        const after = await openRuntime({ file: left, machines, clock: anHourLater });
        const found = after.createActor("tally", { id: "t" });
        const { taken } = found.getSnapshot().context;
        expect(taken).toEqual(upTo(taken.length));
        expect([acknowledged, acknowledged + 1]).toContain(taken.length);
        await found.deliver({ type: "TAKE", n: taken.length + 1 });
        await after.close();
        expect(checkStore(left).faults).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
