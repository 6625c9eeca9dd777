import { expect, test } from "vitest";
import type { Sha } from "../../../src/pipeline/git/index.ts";
import { setting } from "./setting.fixture.ts";

test("worktrees that are made ready before are given out, and no more are made than were wanted", async () => {
  const { pool, start } = await setting();
  const preparing = pool.prepare(start, 3);
  const early = await Promise.all([pool.acquire(start), pool.acquire(start), pool.acquire(start)]);
  await preparing;
  expect(early.map(({ name }) => name).sort()).toEqual(["w1", "w2", "w3"]);
  expect(early.every((worktree) => worktree.isAt(start))).toBe(true);
  expect((await pool.acquire(start)).name).toBe("w4");
  await pool.prepare(start, 4);
  pool.release(early[0] as (typeof early)[number]);
  expect((await pool.acquire(start)).name).toBe(early[0]?.name);
});

test("the first that is ready is given out while the others are being made", async () => {
  const { pool, start } = await setting();
  const order: string[] = [];
  const preparing = pool.prepare(start, 3).then(() => order.push("all are ready"));
  const first = pool.acquire(start).then(({ name }) => order.push(name));
  await Promise.all([preparing, first]);
  expect(order).toEqual(["w1", "all are ready"]);
});

test("a worktree that could not be made ready is made when it is wanted", async () => {
  const { pool, start } = await setting();
  await expect(pool.prepare("0".repeat(40) as Sha, 2)).rejects.toMatchObject({ code: "GIT_FAILED" });
  expect((await pool.acquire(start)).isAt(start)).toBe(true);
});
