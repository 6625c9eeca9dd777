/** `npm run bench:catalogue`: what checks, paths and the model cost. `-- --json` prints one object. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { catalogue, type EntityType, type MachineEntry } from "../../machines/index.ts";
import { samplesOf } from "../../src/cli/machine-samples/samples.ts";
import { validateTransition } from "../../src/store/domain/validate.ts";
import { pathsFor } from "../../src/testing/index.ts";
import { explore } from "../model/explore.ts";
import { median, repeat } from "./measure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const rounds = 5;
const checks = 200_000;

console.warn = () => undefined;
const entities = Object.keys(catalogue) as EntityType[];
const declared = entities.flatMap((entity) => {
  const { transitions }: MachineEntry = catalogue[entity];
  return transitions.map(({ from, to, trigger }) => ({ entity, from, to, trigger }));
});

const checksPerSec = median(
  await repeat(rounds, () => {
    const start = performance.now();
    for (let index = 0; index < checks; index += 1) {
      const { entity, from, to, trigger } = declared[index % declared.length] as (typeof declared)[number];
      validateTransition(entity, from, to, { trigger });
    }
    return checks / ((performance.now() - start) / 1000);
  }),
);

const paths = Object.fromEntries(
  entities.map((entity) => {
    const start = performance.now();
    const set = pathsFor(catalogue[entity].machine, {
      cover: "transitions",
      ...samplesOf(entity),
      atLimit: "stop",
      limit: 25_000,
    });
    const ms = performance.now() - start;
    return [
      entity,
      { paths: set.paths.length, goals: set.goals.length, uncovered: set.uncovered.length, ms: Math.round(ms) },
    ];
  }),
);

const modelStart = performance.now();
const { situations } = explore({ mostSituations: 5_000, seed: 1 });
const modelPerSec = situations / ((performance.now() - modelStart) / 1000);

const suiteStart = performance.now();
const suite = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "-c", ".config/vitest.config.ts", "test/machines/paths.test.ts"],
  { cwd: root, env: { ...process.env, PAWL_SKIP_BUILD: "1" } },
);
const suiteSec = (performance.now() - suiteStart) / 1000;
if (suite.status !== 0) {
  throw new Error("the generated suite failed");
}

if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ checksPerSec, paths, modelPerSec, suiteSec }));
} else {
  console.table(paths);
  console.table({
    "validateTransition, per second": Math.round(checksPerSec).toLocaleString("en-US"),
    "model, situations per second": Math.round(modelPerSec).toLocaleString("en-US"),
    "the generated suite, seconds (goal 90)": suiteSec.toFixed(1),
  });
}
