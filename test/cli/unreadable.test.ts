import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { placeWith, planOf } from "./pawl.fixture.ts";

const tasks = [
  "{ id: new, run: 'mkdir new; echo x > new/x; chmod 0 new' }",
  "{ id: old, run: 'echo two > src/a.txt; chmod 0 src' }",
  "{ id: file, run: 'echo x > x; chmod 0 x' }",
  "{ id: ignored, run: 'mkdir cache; chmod 0 cache; echo b > b.txt' }",
];

test("a task that leaves a file or folder that cannot be read is failed, and none of it left out in silence", async (context) => {
  const isRoot = process.getuid?.() === 0;
  const runAs = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  const place = placeWith(planOf(tasks), { "src/a.txt": "one\n", ".gitignore": "cache\n" });
  place.env = { HOME: place.folder };
  if (isRoot) {
    chmodSync(dirname(place.folder), 0o711);
    execFileSync("chown", ["-R", "65534:65534", place.folder]);
    context.skip(
      place.pawlBy(runAs, "--version").status !== 0,
      "root reads everything, and another user cannot start this program",
    );
  }
  expect(place.pawlBy(runAs, "run", "plan.yaml").status).toBe(1);
  const { workstreams } = JSON.parse((await place.look("status", "--all", "--json")).stdout);
  const said = (path: string): string => `${path} cannot be read (Permission denied)`;
  expect(
    workstreams[0].shown.map(({ task, state, last_error }: Record<string, string>) => [
      task,
      state,
      last_error?.split(", so that")[0] ?? null,
    ]),
  ).toEqual([
    ["w.new", "failed", said("new")],
    ["w.old", "failed", said("src")],
    ["w.file", "failed", said("x")],
    ["w.ignored", "completed", null],
  ]);
});
