// Works on the run of a folder, as `pawl run` and `pawl resume` do, and kills itself at the point it is told of:
// the `nth` time it comes to `point`. Compiled code, for a fast start.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

if (process.env.CRASH_PID !== undefined) {
  writeFileSync(process.env.CRASH_PID, String(process.pid));
}
const root = join(import.meta.dirname, "..", "..", "..", "..");
const load = (path) => import(join(root, "dist", "src", path));
const [{ Pipeline, tidyRun }, { openRepository }, { stateFolderAt }, { systemClock }, { systemIds }, { readPlan }] =
  await Promise.all(
    [
      "pipeline/run/index.js",
      "pipeline/git/index.js",
      "pipeline/state/index.js",
      "base/time.js",
      "base/ids.js",
      "plan/index.js",
    ].map(load),
  );

const [folder, point = "", nth = "0"] = process.argv.slice(2);
let left = Number(nth);
const counts = {};
const repository = await openRepository(folder, { clock: systemClock });
const state = stateFolderAt(repository.root, undefined, folder);
const pipeline = await Pipeline.open({
  repository,
  state,
  clock: systemClock,
  ids: systemIds(),
  env: process.env,
  probe: (reached) => {
    counts[reached] = (counts[reached] ?? 0) + 1;
    if (reached === point) {
      left -= 1;
      if (left === 0) {
        process.kill(process.pid, "SIGKILL");
      }
    }
  },
});
const run =
  pipeline.unfinished()?.run ??
  pipeline.runs().at(-1)?.run ??
  (await pipeline.start(await readPlan(join(folder, "plan.yaml"))));
const isOver = pipeline.runs().find((each) => each.run === run)?.status !== "active";
const end = isOver ? pipeline.runs().find((each) => each.run === run)?.state : await pipeline.work(run);
await pipeline.windDown();
await tidyRun(repository, state, run);
await pipeline.close();
console.log(JSON.stringify({ end, counts }));
