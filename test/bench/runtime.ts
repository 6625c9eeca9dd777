/**
 * `npm run bench:runtime`: what durability costs, as ratios to plain XState and to the bare database, in one run.
 * Compiled code is measured (`npm run build` first). `-- --json` prints one object.
 */
import { type DeliverLatency, deliverLatency } from "./latency.ts";
import { type FamilyCost, familyCost, memory, restoreRatios } from "./many-actors.ts";
import { collect, median, repeat } from "./measure.ts";
import { bareLimit, type Pawl, pawlActors, plainXState } from "./throughput.ts";

const rounds = 5;
const familySizes = [10, 1_000, 10_000];

type Row = readonly [name: string, value: string];

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

interface Round {
  readonly xstate: number;
  readonly one: Pawl;
  readonly thousand: number;
  readonly bare: number;
  readonly latency: DeliverLatency;
  /** One for each of {@link familySizes}. */
  readonly families: readonly FamilyCost[];
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
  const latency = await clean(deliverLatency);
  const families: FamilyCost[] = [];
  for (const size of familySizes) {
    families.push(await clean(() => familyCost(size)));
  }
  return { xstate, one, thousand, bare, latency, families };
}

// The first of all pays for what the process does once.
await round();
const all = await repeat(rounds, round);
const of = (figure: (round: Round) => number): number => median(all.map(figure));
const familyCostOf = (at: number, key: keyof FamilyCost): number =>
  of(({ families }) => families[at]?.[key] ?? Number.NaN);
const siblingGrowth = Math.max(
  ...(["spawn", "flip", "stop"] as const).map((key) =>
    of(({ families: [small, , large] }) => (large?.[key] ?? Number.NaN) / (small?.[key] ?? Number.NaN)),
  ),
);
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
  deliverP50Ms: of(({ latency }) => latency.deliver.p50),
  deliverP99Ms: of(({ latency }) => latency.deliver.p99),
  fsyncP50Ms: of(({ latency }) => latency.fsync.p50),
  fsyncP99Ms: of(({ latency }) => latency.fsync.p99),
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
    ...familySizes.map((size, at): Row => {
      const [spawn, flip, stop] = [familyCostOf(at, "spawn"), familyCostOf(at, "flip"), familyCostOf(at, "stop")];
      const costs = `${spawn.toFixed(0)} µs a spawn, ${flip.toFixed(0)} a transition, ${stop.toFixed(0)} a stop`;
      return [`families of ${whole(size)}`, costs];
    }),
    ["cost at 10,000 siblings to that at 10 (goal 1.3)", siblingGrowth.toFixed(2)],
    ["restore of 10,000 to XState's making them (goal 1.5)", ratios.open.toFixed(2)],
    ["  and each asked for then", ratios.askedForAll.toFixed(2)],
    [
      "deliver, one after the other",
      `p50 ${figures.deliverP50Ms.toFixed(2)} ms, p99 ${figures.deliverP99Ms.toFixed(2)} ms`,
    ],
    ["  the slowest of the first 200", `${of(({ latency }) => latency.slowestOfFirst).toFixed(1)} ms`],
    [
      "one fsync, in turn with them",
      `p50 ${figures.fsyncP50Ms.toFixed(2)} ms, p99 ${figures.fsyncP99Ms.toFixed(2)} ms`,
    ],
    ["  p99 to p50 of an fsync (goal 3)", of(({ latency }) => latency.deliver.p99 / latency.fsync.p50).toFixed(2)],
    ["  p99 to p99 of an fsync", of(({ latency }) => latency.deliver.p99 / latency.fsync.p99).toFixed(2)],
    ["deliver, 1,000 at once", `${whole(of(({ latency }) => latency.atOncePerSec))} a second`],
    ["memory", `${whole(bytes.live)} bytes a live actor, ${whole(bytes.sleeping)} a sleeping one`],
    ["file", `${whole(figures.bytesPerTransition)} bytes a transition`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) {
    console.log(`${name.padEnd(width)}  ${value}`);
  }
}
