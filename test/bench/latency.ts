/** What one delivery waits for, beside what the disk does by itself. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openRuntime } from "./compiled.ts";
import { toggle } from "./machines.ts";
import { inFolder, perSecond, quantile } from "./measure.ts";

export function deliverLatency(): Promise<{ p50: number; p99: number; atOncePerSec: number }> {
  return inFolder(async (folder) => {
    const runtime = await openRuntime({ file: join(folder, "bench.db"), machines: { toggle } });
    const actor = runtime.createActor("toggle", { id: "t" });
    await runtime.settled();
    const times: number[] = [];
    for (let i = 0; i < 500; i += 1) {
      const start = performance.now();
      await actor.deliver({ type: "flip" });
      times.push(performance.now() - start);
    }
    const start = performance.now();
    await Promise.all(Array.from({ length: 1_000 }, () => actor.deliver({ type: "flip" })));
    const atOncePerSec = perSecond(1_000, performance.now() - start);
    await runtime.close();
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), atOncePerSec };
  });
}

/** What a disk that others use too does by itself: its worst is the worst of whoever waits for it. */
export function fsyncLatency(): Promise<{ p50: number; p99: number }> {
  return inFolder((folder) => {
    const descriptor = openSync(join(folder, "sync"), "w");
    const page = Buffer.alloc(4_096);
    const times: number[] = [];
    for (let i = 0; i < 500; i += 1) {
      const start = performance.now();
      writeSync(descriptor, page);
      fsyncSync(descriptor);
      times.push(performance.now() - start);
    }
    closeSync(descriptor);
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  });
}
