import type { ChildProcess } from "node:child_process";
import { on } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { appears } from "../waiting.fixture.ts";
import { type Place, placeWith, planOf } from "./pawl.fixture.ts";

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

/** Resolves once a process has printed this. */
export async function says({ stdout }: ChildProcess, text: string): Promise<void> {
  let printed = "";
  for await (const [chunk] of on(stdout as Readable, "data")) {
    printed += String(chunk);
    if (printed.includes(text)) {
      return;
    }
  }
}
