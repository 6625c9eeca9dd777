import { existsSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Clock, systemClock } from "../../../src/base/time.ts";
import { createBranch, openRepository, type Repository } from "../../../src/pipeline/git/index.ts";
import { checkoutWith, commitAll, git, put } from "./setting.fixture.ts";

interface Locked {
  readonly checkout: string;
  readonly repository: Repository;
  readonly start: string;
  readonly next: string;
  /** Waits that were asked for, in milliseconds. */
  readonly waits: number[];
}

/** A repository with branches of Pawl's and of the user's, and a lock on one of them. */
async function locked(
  reference: string,
  { ageMs = 60_000, onWait = () => {} }: { ageMs?: number; onWait?: (lock: string) => void } = {},
): Promise<Locked> {
  const checkout = checkoutWith({ "a.txt": "one\n" });
  const start = git(checkout, "rev-parse", "HEAD");
  const next = commitAll(checkout, { "a.txt": "two\n" }, "next");
  git(checkout, "branch", "feature", start);
  for (const [name, commit] of [
    ["refs/heads/pawl-work/R1/w", start],
    ["refs/pawl/R1/m", start],
  ] as const) {
    git(checkout, "update-ref", name, commit);
  }
  const lock = join(checkout, ".git", `${reference}.lock`);
  put(join(checkout, ".git"), { [`${reference}.lock`]: "" });
  const begunAt = Date.now();
  const at = (begunAt - ageMs) / 1000;
  utimesSync(lock, at, at);
  const waits: number[] = [];
  let passedMs = 0;
  // What is waited for passes at once, and no other time does: a busy machine takes long to begin.
  const clock: Clock = {
    ...systemClock,
    now: () => begunAt + passedMs,
    monotonic: () => passedMs,
    setTimeout: (run, delayMs) => {
      waits.push(delayMs);
      passedMs += delayMs;
      onWait(lock);
      return systemClock.setTimeout(run, 0);
    },
  };
  const repository = await openRepository(checkout, { clock });
  onTestFinished(() => repository.close());
  return { checkout, repository, start, next, waits };
}

const at = (checkout: string, name: string): string => git(checkout, "rev-parse", name);
const locks = (checkout: string): string[] =>
  readdirSync(join(checkout, ".git"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".lock"));

describe("a lock that a killed git left on a reference of Pawl's is taken away", () => {
  test("before the branch moves, is made, or goes", async () => {
    const moved = await locked("refs/heads/pawl-work/R1/w");
    await moved.repository.moveReference("refs/heads/pawl-work/R1/w", moved.next, moved.start);
    expect([at(moved.checkout, "pawl-work/R1/w"), locks(moved.checkout), moved.waits]).toEqual([moved.next, [], []]);

    const made = await locked("refs/heads/pawl/R1");
    expect(await createBranch(made.repository, "pawl/R1", { run: "R1", store: "S" }, made.start)).toBe(made.start);
    expect([at(made.checkout, "pawl/R1"), locks(made.checkout)]).toEqual([made.start, []]);

    const gone = await locked("refs/pawl/R1/m");
    const remove = { "refs/pawl/R1/m": gone.start, "refs/heads/pawl-work/R1/w": gone.start };
    await gone.repository.setReferences({ update: { "refs/pawl/R1/n": gone.next }, remove });
    expect(git(gone.checkout, "for-each-ref", "--format=%(refname)").split("\n")).toEqual([
      "refs/heads/feature",
      "refs/heads/main",
      "refs/pawl/R1/n",
    ]);
    expect(locks(gone.checkout)).toEqual([]);
  });

  test("once it is two seconds old, for a git that lives holds one for less", async () => {
    const { checkout, repository, start, next, waits } = await locked("refs/heads/pawl-work/R1/w", { ageMs: 500 });
    await repository.moveReference("refs/heads/pawl-work/R1/w", next, start);
    expect(at(checkout, "pawl-work/R1/w")).toBe(next);
    const waited = waits.reduce((sum, wait) => sum + wait, 0);
    expect([waited > 500, waited <= 2_000]).toEqual([true, true]);
  });

  test("also where its time lies in the future", async () => {
    const { checkout, repository, start, next } = await locked("refs/heads/pawl-work/R1/w", { ageMs: -3_600_000 });
    await repository.moveReference("refs/heads/pawl-work/R1/w", next, start);
    expect([at(checkout, "pawl-work/R1/w"), locks(checkout)]).toEqual([next, []]);
  });

  test("by whoever holds it, if that one lives", async () => {
    const { checkout, repository, start, next, waits } = await locked("refs/heads/pawl-work/R1/w", {
      ageMs: 0,
      onWait: (lock) => rmSync(lock),
    });
    await repository.moveReference("refs/heads/pawl-work/R1/w", next, start);
    expect([at(checkout, "pawl-work/R1/w"), waits.length]).toEqual([next, 1]);
  });
});

describe("a lock stays", () => {
  test("on a reference of the user's, and the step fails with what git says", async () => {
    const { checkout, repository, start, next, waits } = await locked("refs/heads/feature");
    await expect(repository.moveReference("refs/heads/feature", next, start)).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringContaining("feature.lock"),
    });
    expect(at(checkout, "feature")).toBe(start);
    expect(existsSync(join(checkout, ".git/refs/heads/feature.lock"))).toBe(true);
    expect(waits).toEqual([]);
  });

  test("where another fault than the lock stopped the step", async () => {
    const { checkout, repository, start, next } = await locked("refs/heads/pawl-work/R1/other");
    await expect(repository.moveReference("refs/heads/pawl-work/R1/w", start, next)).rejects.toMatchObject({
      code: "GIT_FAILED",
    });
    await expect(repository.setReferences({ remove: { "refs/pawl/R1/m": next } })).rejects.toMatchObject({
      code: "GIT_FAILED",
    });
    expect(at(checkout, "refs/pawl/R1/m")).toBe(start);
    expect(locks(checkout)).toEqual(["refs/heads/pawl-work/R1/other.lock"]);
  });
});
