/**
 * `npm run bench:pipeline`: what a run costs over the same commands without Pawl, as ratios in one run. Compiled code
 * is measured (`npm run build` first). `-- --json` prints one object.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { storeWithFinishedTasks } from "./finished-store.ts";
import { inFolder, median, repeat } from "./measure.ts";
import { benchRepository, commandPlan, patchPlan } from "./plans.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "dist", "bin", "pawl.js");
const here = import.meta.dirname;
const concurrency = 4;
const rounds = 3;

interface Timed {
  readonly ms: number;
  readonly peakRssMb: number;
}

/** Runs node and measures it from start to end, with the most memory that it had. */
function timed(cwd: string, ...args: string[]): Timed {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ["--import", join(here, "peak-rss.fixture.mjs"), ...args], {
    cwd,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  const ms = performance.now() - start;
  if (status !== 0) {
    throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  }
  return { ms, peakRssMb: Number(/peak-rss (\d+)/.exec(stderr)?.[1]) };
}

/** Runs of so many tasks, one after the other in one repository. */
const pawlRuns = (...runs: readonly number[]): Promise<Timed[]> =>
  inFolder((folder) => {
    benchRepository(folder, 1);
    return runs.map((tasks) => {
      writeFileSync(join(folder, "plan.json"), JSON.stringify(commandPlan(tasks, concurrency)));
      return timed(join(folder, "repository"), program, "run", "../plan.json");
    });
  });

const bareCommands = (tasks: number): Promise<Timed> =>
  inFolder((folder) => timed(folder, join(here, "bare-commands.fixture.mjs"), String(tasks), String(concurrency)));

const patches = 200;
const lanes = 4;

const pawlPatches = (): Promise<Timed> =>
  inFolder((folder) => {
    benchRepository(folder, 2_000, patches);
    writeFileSync(join(folder, "repository", "plan.json"), JSON.stringify(patchPlan(patches, lanes)));
    return timed(join(folder, "repository"), program, "run", "plan.json");
  });

/** The git commands of the same patches: a worktree for each lane, then apply, write-tree, commit-tree, update-ref. */
const barePatches = (): Promise<Timed> =>
  inFolder((folder) => {
    benchRepository(folder, 2_000, patches);
    return timed(join(folder, "repository"), join(here, "bare-patches.fixture.mjs"), String(patches), String(lanes));
  });

const statusOverNode = (): Promise<number> =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, ".state"));
    storeWithFinishedTasks(join(folder, ".state", "pipeline.db"), 100_000);
    execFileSync("git", ["init", "--quiet"], { cwd: folder });
    const asked = await repeat(5, () => timed(folder, program, "status").ms);
    const nothing = await repeat(5, () => timed(folder, "-e", "0").ms);
    return median(asked) - median(nothing);
  });

const pawl = (await repeat(rounds, () => pawlRuns(1_000))).flat();
const bare = await repeat(rounds, async () => (await bareCommands(1_000)).ms);
const [large, afterLarge] = (await pawlRuns(10_000, 1_000)) as [Timed, Timed];
const patched = await repeat(rounds, async () => (await pawlPatches()).ms);
const barePatched = await repeat(rounds, async () => (await barePatches()).ms);
const pawlMs = median(pawl.map(({ ms }) => ms));
const figures = {
  overheadRatio: pawlMs / median(bare),
  peakRssMb: Math.max(...pawl.map(({ peakRssMb }) => peakRssMb)),
  growth10k: large.ms / 10 / pawlMs,
  growthByPast: afterLarge.ms / pawlMs,
  statusMs: await statusOverNode(),
  patchRatio: median(patched) / median(barePatched),
};

if (process.argv.includes("--json")) {
  console.log(JSON.stringify(figures));
} else {
  console.table({
    "1,000 commands, over a bare loop (goal 1.5)": figures.overheadRatio.toFixed(2),
    "  Pawl, ms": Math.round(pawlMs),
    "  bare loop, ms": Math.round(median(bare)),
    "peak memory, MB (goal 200)": figures.peakRssMb,
    "  with 10,000 commands, MB": large.peakRssMb,
    "cost of a task with 10,000 over 1,000 (goal 1.3)": figures.growth10k.toFixed(2),
    "1,000 commands after a run of 10,000, over the first in a repository": figures.growthByPast.toFixed(2),
    "  peak memory then, MB": afterLarge.peakRssMb,
    "pawl status with 100,000 tasks, ms over node -e 0 (goal 300)": Math.round(figures.statusMs),
    "200 patches, over the bare git commands (goal 1.5)": figures.patchRatio.toFixed(2),
    "  Pawl, ms ": Math.round(median(patched)),
    "  bare git, ms": Math.round(median(barePatched)),
  });
}
