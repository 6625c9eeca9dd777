/** What one delivery waits for, beside what the disk does by itself. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openRuntime } from "./compiled.ts";
import { toggle } from "./machines.ts";
import { inFolder, perSecond, quantile } from "./measure.ts";

/** In milliseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

const warmUp = 200;
const deliveries = 2_000;

const latency = (times: readonly number[]): Latency => ({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) });

export interface DeliverLatency {
  readonly deliver: Latency;
  readonly fsync: Latency;
  /** The slowest of the first ones, in milliseconds: that which lays out the log, once in the life of a process. */
  readonly slowestOfFirst: number;
  readonly atOncePerSec: number;
}

/**
 * Deliveries and bare fsyncs in turn: a disk that others use too is then as slow for the ones as for the others, and
 * the worst of both is the worst of the same seconds. So many that the log is folded some times among them.
 */
export function deliverLatency(): Promise<DeliverLatency> {
  return inFolder(async (folder) => {
    const runtime = await openRuntime({ file: join(folder, "bench.db"), machines: { toggle } });
    const actor = runtime.createActor("toggle", { id: "t" });
    await runtime.settled();
    const descriptor = openSync(join(folder, "sync"), "w");
    const page = Buffer.alloc(4_096);
    const delivered: number[] = [];
    const synced: number[] = [];
    for (let i = 0; i < warmUp + deliveries; i += 1) {
      const start = performance.now();
      await actor.deliver({ type: "flip" });
      const between = performance.now();
      writeSync(descriptor, page);
      fsyncSync(descriptor);
      delivered.push(between - start);
      synced.push(performance.now() - between);
    }
    closeSync(descriptor);
    const start = performance.now();
    await Promise.all(Array.from({ length: 1_000 }, () => actor.deliver({ type: "flip" })));
    const atOncePerSec = perSecond(1_000, performance.now() - start);
    await runtime.close();
    return {
      deliver: latency(delivered.slice(warmUp)),
      fsync: latency(synced.slice(warmUp)),
      slowestOfFirst: Math.max(...delivered.slice(0, warmUp)),
      atOncePerSec,
    };
  });
}
