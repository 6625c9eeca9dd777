import { readdirSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { PawlError } from "../../../src/base/errors/index.ts";
import { PatchTree } from "../../../src/pipeline/run/patch-tree.ts";
import { setting } from "../git/setting.fixture.ts";

const patchOf = (file: string): Buffer =>
  Buffer.from(
    `diff --git a/${file} b/${file}\nnew file mode 100644\n--- /dev/null\n+++ b/${file}\n@@ -0,0 +1 @@\n+${file}\n`,
  );

test("a patch is applied elsewhere where a gate of the one before left what this user cannot take away", async () => {
  const { pool, start } = await setting();
  const site = {
    branches: { tip: () => Promise.resolve(start) },
    worktrees: { acquire: () => pool.acquire(start), ready: () => Promise.resolve() },
    index: { workstream: () => ({ setup: null }) },
    services: { patches: { content: patchOf } },
    rowId: (id: string) => id,
  } as unknown as ConstructorParameters<typeof PatchTree>[0];
  const tree = new PatchTree(site, "w");
  const { signal } = new AbortController();
  const first = await tree.with("one", signal, async ({ worktree }) => worktree);
  const run = first.git.bind(first);
  vi.spyOn(first, "git").mockImplementation(async (args, more) => {
    if (args[0] === "clean") {
      const detail = "warning: failed to remove d/f: Operation not permitted";
      throw new PawlError("GIT_FAILED", { command: "clean", folder: first.folder, exit: 1, detail });
    }
    return await run(args, more);
  });
  const second = await tree.with("two", signal, async ({ worktree }) => worktree);
  expect([first.name, second.name]).toEqual(["w1", "w2"]);
  expect(readdirSync(second.folder).sort()).toEqual([".git", "a.txt", "two"]);
});
