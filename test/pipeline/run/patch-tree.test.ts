import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { PawlError } from "../../../src/base/errors/index.ts";
import { type AppliedPatch, DoesNotApply, PatchTree } from "../../../src/pipeline/run/patch-tree.ts";
import type { RunSite } from "../../../src/pipeline/run/site.ts";
import { commitAll, git, setting } from "../git/setting.fixture.ts";

const never = new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A patch that makes one new file of one line. */
const adding = (path: string): string =>
  `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+text\n`;

/** A workstream's tree in which the patch `a` makes the file `a`, and so on; the tip can be moved. */
async function treeOf() {
  const { checkout, pool, start } = await setting();
  const place = { checkout, tip: start, lent: 0, returned: 0 };
  const site = {
    branches: { tip: async () => place.tip },
    worktrees: {
      acquire: (commit: string) => {
        place.lent += 1;
        return pool.acquire(commit);
      },
      ready: async () => undefined,
      release: () => {
        place.returned += 1;
      },
    },
    index: { workstream: () => ({ setup: null }) },
    services: { patches: { content: (row: string) => Buffer.from(adding(row.slice("r/".length))) } },
    rowId: (entity: string) => `r/${entity}`,
  } as unknown as RunSite;
  return { place, tree: new PatchTree(site, "w") };
}

const has = ({ worktree }: AppliedPatch, ...names: string[]): boolean[] =>
  names.map((name) => existsSync(join(worktree.folder, name)));

test("a patch is applied once for all that ask, and stays until the next one", async () => {
  const { place, tree } = await treeOf();
  const seen = await Promise.all([1, 2, 3].map(() => tree.with("a", never, async (applied) => has(applied, "a"))));
  expect(seen).toEqual([[true], [true], [true]]);
  expect(await tree.with("a", never, async ({ id, parent }) => [id, parent])).toEqual(["a", place.tip]);
  expect(await tree.with("b", never, async (applied) => has(applied, "a", "b"))).toEqual([false, true]);
  expect(place.lent).toBe(1);
});

test("the next patch waits until all that work with the one before have ended, in whatever way", async () => {
  const { tree } = await treeOf();
  let fail = (_: Error): void => undefined;
  const stubborn = tree.with("a", never, () => new Promise((_, reject) => (fail = reject)));
  const steps: string[] = [];
  await tree.with("a", never, async () => void steps.push("a again"));
  const next = tree.with("b", never, async () => void steps.push("b"));
  await settled();
  expect(steps).toEqual(["a again"]);
  fail(new Error("stopped"));
  await expect(stubborn).rejects.toThrow("stopped");
  await next;
  expect(steps).toEqual(["a again", "b"]);
});

test("a patch is applied anew where the tip has moved, or it was at its end meanwhile", async () => {
  const { place, tree } = await treeOf();
  const junk = await tree.with("a", never, async ({ worktree }) => join(worktree.folder, "junk"));
  writeFileSync(junk, "of a gate");
  place.tip = commitAll(place.checkout, { "c.txt": "c\n" }, "next");
  expect(
    await tree.with("a", never, async (applied) => [applied.parent, ...has(applied, "a", "c.txt", "junk")]),
  ).toEqual([place.tip, true, true, false]);
  writeFileSync(junk, "of a gate");
  await tree.clear("b");
  await tree.with("a", never, async (applied) => expect(has(applied, "junk")).toEqual([true]));
  await tree.clear("a");
  await tree.with("a", never, async (applied) => expect(has(applied, "a", "junk")).toEqual([true, false]));
});

test("a patch that does not fit is told apart, and nothing of it is left for the next", async () => {
  const { place, tree } = await treeOf();
  place.tip = commitAll(place.checkout, { a: "another\n" }, "in the way");
  await expect(tree.with("a", never, async () => undefined)).rejects.toBeInstanceOf(DoesNotApply);
  expect(await tree.with("b", never, async ({ worktree }) => git((await worktree.lend()).folder, "status", "-s"))).toBe(
    "A  b",
  );
});

test("the worktree is given back once, when all have left it, and another is taken when it is needed again", async () => {
  const { place, tree } = await treeOf();
  let end = (): void => undefined;
  const working = tree.with("a", never, () => new Promise<void>((resolve) => (end = resolve)));
  await tree.with("a", never, async () => undefined);
  const released = tree.release();
  await settled();
  expect(place.returned).toBe(0);
  end();
  await working;
  await released;
  await tree.release();
  expect(place.returned).toBe(1);
  await tree.with("a", never, async () => undefined);
  expect(place.lent).toBe(2);
});

test("a patch is applied elsewhere where a gate of the one before left what this user cannot take away", async () => {
  const { tree } = await treeOf();
  const first = await tree.with("a", never, async ({ worktree }) => worktree);
  const run = first.git.bind(first);
  vi.spyOn(first, "git").mockImplementation(async (args, more) => {
    if (args[0] === "clean") {
      const detail = "warning: failed to remove d/f: Operation not permitted";
      throw new PawlError("GIT_FAILED", { command: "clean", folder: first.folder, exit: 1, detail });
    }
    return await run(args, more);
  });
  const second = await tree.with("b", never, async (applied) => [applied.worktree.name, ...has(applied, "a", "b")]);
  expect([first.name, second]).toEqual(["w1", ["w2", false, true]]);
});
