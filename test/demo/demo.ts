/** `npm run demo`: the main job on a sample repository in a temporary folder. */
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import leaveOuterRepository from "../outer-repository.setup.ts";
import { makeSampleRepository } from "./sample-repository.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-demo-"));
const repository = join(folder, "repository");
const pawl = join(import.meta.dirname, "..", "..", "dist", "bin", "pawl.js");

leaveOuterRepository();
makeSampleRepository(repository);
console.log(`A sample repository is in ${repository}\n$ pawl run plan.yaml\n`);
const { status } = spawnSync(process.execPath, [pawl, "run", "plan.yaml"], {
  cwd: repository,
  stdio: "inherit",
  env: { ...process.env, DEMO_FOLDER: folder },
});
console.log(`
Look around:
  cd ${repository}
  git log --graph --oneline pawl/harden-client-1
  node ${pawl} show experiment.shout
  node ${pawl} merge
It can be deleted afterwards: rm -r ${folder}`);
process.exitCode = status ?? 1;
