/** What many actors cost: as siblings, at a start, in memory. */
import { join } from "node:path";
import { createActor } from "xstate";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { openRuntime } from "./compiled.ts";
import { family, toggle } from "./machines.ts";
import { heapUsed, inFolder, median, repeat } from "./measure.ts";

const rounds = 5;

/** Microseconds a child: made, a transition of one, stopped. */
export interface FamilyCost {
  readonly spawn: number;
  readonly flip: number;
  readonly stop: number;
}

export function familyCost(children: number): Promise<FamilyCost> {
  return inFolder(async (folder) => {
    const runtime = await openRuntime({ file: join(folder, "bench.db"), machines: { family } });
    // As many children in all, so that only the size of a family differs.
    const families = 10_000 / children;
    const parents = Array.from({ length: families }, (_, i) => runtime.createActor("family", { id: `f${i}` }));
    await runtime.settled();
    const timed = async (run: () => void): Promise<number> => {
      const start = performance.now();
      run();
      await runtime.settled();
      return ((performance.now() - start) * 1_000) / 10_000;
    };
    const spawn = await timed(() => {
      for (const parent of parents) {
        parent.send({ type: "spawn", children });
      }
    });
    const all = parents.flatMap((parent) => Object.values(parent.getSnapshot().children));
    const flip = await timed(() => {
      for (const child of all) {
        child?.send({ type: "flip" });
      }
    });
    const stop = await timed(() => {
      for (const parent of parents) {
        parent.send({ type: "end" });
      }
    });
    await runtime.close();
    return { spawn, flip, stop };
  });
}

/** Opening a store of 10,000 actors, and asking for each of them then, to plain XState's making as many. */
export function restoreRatios(): Promise<{ readonly open: number; readonly askedForAll: number }> {
  return inFolder(async (folder) => {
    const count = 10_000;
    const file = join(folder, "bench.db");
    let runtime = await openRuntime({ file, machines: { toggle } });
    for (let i = 0; i < count; i += 1) {
      runtime.createActor("toggle", { id: `t${i}` });
    }
    await runtime.close();
    const ratios = await repeat(rounds, async () => {
      const plain = performance.now();
      const actors = Array.from({ length: count }, () => createActor(toggle).start());
      const creating = performance.now() - plain;
      const start = performance.now();
      runtime = await openRuntime({ file, machines: { toggle } });
      const restoring = performance.now() - start;
      for (let i = 0; i < count; i += 1) {
        runtime.actor(`t${i}`);
      }
      const asking = performance.now() - start;
      await runtime.close();
      return actors.length === count ? [restoring / creating, asking / creating] : [];
    });
    return {
      open: median(ratios.map(([open = Number.NaN]) => open)),
      askedForAll: median(ratios.map(([, asked = Number.NaN]) => asked)),
    };
  });
}

export function memory(): Promise<{ live: number; sleeping: number }> {
  return inFolder(async (folder) => {
    const count = 5_000;
    const clock = simulatedClock(Date.now());
    const file = join(folder, "bench.db");
    const runtime = await openRuntime({ file, clock, machines: { toggle }, passivateAfterMs: 1_000 });
    const before = heapUsed();
    for (let i = 0; i < count; i += 1) {
      runtime.createActor("toggle", { id: `t${i}` });
    }
    await runtime.settled();
    const live = (heapUsed() - before) / count;
    clock.advance(2_000);
    await runtime.settled();
    if (runtime.list({ machine: "toggle" }).some(({ asleep }) => !asleep)) {
      throw new Error("not all of them sleep");
    }
    const sleeping = (heapUsed() - before) / count;
    await runtime.close();
    return { live, sleeping: Math.max(0, sleeping) };
  });
}
