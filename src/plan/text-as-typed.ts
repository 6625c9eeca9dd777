import type { Sketch } from "./sketch.ts";
import type { Path, PlanSource } from "./source.ts";

/**
 * In a command and in an environment a number, or true or false, is the text that was typed: `[true]`, `[git, log, -1]`,
 * `[sleep, 08]`, `PORT: 8080`. These have no other values than text, and what YAML makes of it is a surprise.
 */
export function takeTextAsTyped({ tools = [], gates = [], workstreams }: Sketch, source: PlanSource): void {
  const tasks = workstreams.flatMap((workstream) => workstream.tasks);
  const texts: Path[] = [
    ["setup"],
    ["env"],
    ...[...tools, ...gates].map(({ path }) => [...path, "run"]),
    ...workstreams.map(({ path }) => [...path, "setup"]),
    ...tasks.flatMap(({ path }) => [
      [...path, "run"],
      [...path, "env"],
    ]),
  ];
  for (const path of texts) {
    const value = source.value(path);
    const parts =
      typeof value === "object" && value !== null ? Object.keys(value).map((key) => [...path, key]) : [path];
    for (const part of parts) {
      source.takeAsTyped(part);
    }
  }
}
