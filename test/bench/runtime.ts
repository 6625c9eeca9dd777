/**
 * `npm run bench:runtime`: what durability costs, as ratios to plain XState and to the bare database, in one run.
 * Compiled code is measured (`npm run build` first). `-- --json` prints one object.
 */
import { closeSync, fsyncSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { createActor } from "xstate";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { family, toggle } from "./machines.ts";
import { collect, heapUsed, inFolder, median, quantile, repeat } from "./measure.ts";

const compiled = new URL("../../dist/src/runtime/index.js", import.meta.url).href;
const { openRuntime } = (await import(compiled)) as typeof import("../../src/runtime/index.ts");

const transitions = 50_000;
const groupSize = 1_000;
const warmUp = 15_000;
const rounds = 5;

type Row = readonly [name: string, value: string];

const perSecond = (count: number, ms: number): number => (count / ms) * 1_000;
const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

function plainXState(): number {
  const actor = createActor(toggle).start();
  const start = performance.now();
  for (let i = 0; i < transitions; i += 1) {
    actor.send({ type: "flip" });
  }
  return perSecond(transitions, performance.now() - start);
}

interface Pawl {
  readonly perSec: number;
  readonly bytesPerTransition: number;
}

/** A turn of the event loop for each group; what was sent is durable when the clock stops. */
function pawlActors(actors: number): Promise<Pawl> {
  return inFolder(async (folder) => {
    const file = join(folder, "bench.db");
    const runtime = await openRuntime({ file, machines: { toggle } });
    const all = Array.from({ length: actors }, (_, i) => runtime.createActor("toggle", { id: `t${i}` }));
    const flip = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) {
        all[i % actors]?.send({ type: "flip" });
        if (i % groupSize === groupSize - 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      await runtime.settled();
    };
    // The writer's thread starts, and its code is compiled, once in the life of a process: within these.
    await flip(warmUp);
    const start = performance.now();
    await flip(transitions);
    const perSec = perSecond(transitions, performance.now() - start);
    await runtime.close();
    return { perSec, bytesPerTransition: statSync(file).size / (warmUp + transitions) };
  });
}

/** The rows that one Pawl run left, written again by the database alone, in groups of the same size. */
function bareLimit(): Promise<number> {
  return inFolder(async (folder) => {
    const source = join(folder, "source.db");
    const runtime = await openRuntime({ file: source, machines: { toggle } });
    const actor = runtime.createActor("toggle", { id: "t0" });
    for (let i = 0; i < transitions; i += 1) {
      actor.send({ type: "flip" });
      if (i % groupSize === groupSize - 1) {
        await runtime.settled();
      }
    }
    await runtime.close();

    const from = new Database(source, { readonly: true });
    const schema = from.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").pluck().all() as string[];
    const rows = (table: string, order: string) => from.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).raw().all();
    const audits = rows("state_transitions", "transition_id") as unknown[][];
    const pages = rows("journal_pages", "first_seq") as [firstSeq: number, ...rest: unknown[]][];
    const actors = rows("actors", "no") as unknown[][];
    const commits = rows("commits", "commit_no") as [
      no: number,
      at: number,
      fence: number,
      first: number,
      last: number,
    ][];
    const types = rows("entity_types", "name") as unknown[][];
    from.close();

    const db = new Database(join(folder, "bare.db"));
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("cache_size = -16000");
    for (const sql of schema) {
      db.exec(sql);
    }
    const insert = (table: string, sample: unknown[] | undefined) =>
      db.prepare(`INSERT OR REPLACE INTO ${table} VALUES (${(sample ?? []).map(() => "?").join()})`);
    insert("entity_types", types[0]).run(...(types[0] ?? []));
    const pagesOf = commits.map(([, , , first, last]) => pages.filter(([seq]) => seq >= first && seq <= last));
    const [audit, page, row, commit] = [
      insert("state_transitions", audits[0]),
      insert("journal_pages", pages[0]),
      insert("actors", actors[0]),
      insert("commits", commits[0]),
    ];
    const start = performance.now();
    for (let group = 0; group * groupSize < audits.length; group += 1) {
      db.transaction(() => {
        for (let i = group * groupSize; i < Math.min((group + 1) * groupSize, audits.length); i += 1) {
          audit.run(...(audits[i] ?? []));
        }
        for (const values of pagesOf[group] ?? []) {
          page.run(...values);
        }
        row.run(...(actors[0] ?? []));
        commit.run(...(commits[group] ?? []));
      }).immediate();
    }
    const perSec = perSecond(audits.length, performance.now() - start);
    db.close();
    return perSec;
  });
}

/** Microseconds a child: made, a transition of one, stopped. */
function familyCost(children: number): Promise<{ spawn: number; flip: number; stop: number }> {
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

function deliverLatency(): Promise<{ p50: number; p99: number; atOncePerSec: number }> {
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
function fsyncLatency(): Promise<{ p50: number; p99: number }> {
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

/** Opening a store of 10,000 actors, and asking for each of them then, to plain XState's making as many. */
function restoreRatios(): Promise<{ readonly open: number; readonly askedForAll: number }> {
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

function memory(): Promise<{ live: number; sleeping: number }> {
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

interface Round {
  readonly xstate: number;
  readonly one: Pawl;
  readonly thousand: number;
  readonly bare: number;
  readonly deliver: Awaited<ReturnType<typeof deliverLatency>>;
  readonly fsync: Awaited<ReturnType<typeof fsyncLatency>>;
}

/** What is compared is measured side by side: a machine that others use too is not as fast from minute to minute. */
async function round(): Promise<Round> {
  const clean = <T>(measure: () => T): T => {
    collect();
    return measure();
  };
  const xstate = clean(plainXState);
  const one = await clean(() => pawlActors(1));
  const bare = await clean(bareLimit);
  const thousand = (await clean(() => pawlActors(1_000))).perSec;
  const deliver = await clean(deliverLatency);
  const fsync = await clean(fsyncLatency);
  return { xstate, one, thousand, bare, deliver, fsync };
}

// The first of all pays for what the process does once.
await round();
const all = await repeat(rounds, round);
const of = (figure: (round: Round) => number): number => median(all.map(figure));
const families = new Map<number, { spawn: number; flip: number; stop: number }>();
for (const size of [10, 1_000, 10_000]) {
  const costs: { spawn: number; flip: number; stop: number }[] = [];
  for (let i = 0; i < rounds; i += 1) {
    costs.push(await familyCost(size));
  }
  const cost = (key: "spawn" | "flip" | "stop") => median(costs.map((each) => each[key]));
  families.set(size, { spawn: cost("spawn"), flip: cost("flip"), stop: cost("stop") });
}
const small = families.get(10) ?? { spawn: Number.NaN, flip: Number.NaN, stop: Number.NaN };
const large = families.get(10_000) ?? small;
const siblingGrowth = Math.max(large.spawn / small.spawn, large.flip / small.flip, large.stop / small.stop);
const ratios = await restoreRatios();
const bytes = await memory();

const figures = {
  bareLimitPerSec: of(({ bare }) => bare),
  xstatePerSec: of(({ xstate }) => xstate),
  pawlPerSec: of(({ one }) => one.perSec),
  ofBareLimit: of(({ one, bare }) => one.perSec / bare),
  ofXState: of(({ one, xstate }) => one.perSec / xstate),
  siblingGrowth,
  restoreRatio: ratios.open,
  deliverP50Ms: of(({ deliver }) => deliver.p50),
  deliverP99Ms: of(({ deliver }) => deliver.p99),
  fsyncP50Ms: of(({ fsync }) => fsync.p50),
  bytesPerLiveActor: bytes.live,
  bytesPerSleepingActor: bytes.sleeping,
  bytesPerTransition: of(({ one }) => one.bytesPerTransition),
};

if (process.argv.includes("--json")) {
  console.log(JSON.stringify(figures));
} else {
  const rows: Row[] = [
    ["bare database, the same rows", `${whole(figures.bareLimitPerSec)} transitions/s`],
    ["plain XState, in memory", `${whole(figures.xstatePerSec)} transitions/s`],
    ["Pawl, 1 actor", `${whole(figures.pawlPerSec)} transitions/s`],
    ["Pawl, 1,000 actors", `${whole(of(({ thousand }) => thousand))} transitions/s`],
    ["of the bare limit (goal 0.5)", figures.ofBareLimit.toFixed(2)],
    ["of plain XState (goal 0.33)", figures.ofXState.toFixed(2)],
    ...[...families].map(
      ([size, { spawn, flip, stop }]): Row => [
        `families of ${whole(size)}`,
        `${spawn.toFixed(0)} µs a spawn, ${flip.toFixed(0)} a transition, ${stop.toFixed(0)} a stop`,
      ],
    ),
    ["cost at 10,000 siblings to that at 10 (goal 1.3)", siblingGrowth.toFixed(2)],
    ["restore of 10,000 to XState's making them (goal 1.5)", ratios.open.toFixed(2)],
    ["  and each asked for then", ratios.askedForAll.toFixed(2)],
    [
      "deliver, one after the other",
      `p50 ${figures.deliverP50Ms.toFixed(2)} ms, p99 ${figures.deliverP99Ms.toFixed(2)} ms`,
    ],
    ["  p99 to one fsync (goal 3)", of(({ deliver, fsync }) => deliver.p99 / fsync.p50).toFixed(2)],
    ["deliver, 1,000 at once", `${whole(of(({ deliver }) => deliver.atOncePerSec))} a second`],
    ["one fsync", `p50 ${figures.fsyncP50Ms.toFixed(2)} ms, p99 ${of(({ fsync }) => fsync.p99).toFixed(2)} ms`],
    ["memory", `${whole(bytes.live)} bytes a live actor, ${whole(bytes.sleeping)} a sleeping one`],
    ["file", `${whole(figures.bytesPerTransition)} bytes a transition`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) {
    console.log(`${name.padEnd(width)}  ${value}`);
  }
}
