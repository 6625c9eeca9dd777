import { readFileSync } from "node:fs";
import { join } from "node:path";
import { appears } from "../waiting.fixture.ts";
import { type Place, placeWith, planOf, type Started } from "./pawl.fixture.ts";

const slow = planOf([
  "{ id: first, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done; echo 1 > first.txt' }",
  "{ id: second, run: 'echo 2 > second.txt', depends_on: [first] }",
]);

/** A plan whose first task says in `mark` that it runs, and goes on until there is `go`. */
export function slowPlace(): Place {
  const place = placeWith(slow);
  place.env = { MARK: join(place.folder, "mark"), GO: join(place.folder, "go") };
  return place;
}

/** A run in the middle of its first task, whose process was killed. */
export async function abandonedPlace(): Promise<Place> {
  const place = slowPlace();
  const { process: pawl, ended } = place.start("run", "plan.yaml");
  await appears(join(place.folder, "mark"));
  pawl.kill("SIGKILL");
  await ended;
  return place;
}

/**
 * Kills a run whose only command has written its own pid and its parent's to `mark`, and lets the command run on.
 * @returns the pid of the command
 */
export async function killedAroundCommand({ process: pawl, ended }: Started, mark: string): Promise<number> {
  await appears(mark);
  const [command = 0, runner = 0] = readFileSync(mark, "utf8").split(" ").map(Number);
  // Without its parent the process that runs the commands would stop them itself.
  process.kill(runner, "SIGKILL");
  pawl.kill("SIGKILL");
  await ended;
  return command;
}
