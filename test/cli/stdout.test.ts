import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { appears } from "../waiting.fixture.ts";
import { type Place, placeWith, planOf } from "./pawl.fixture.ts";

const waits = (id: string): string => `{ id: ${id}, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done' }`;

/** A place whose tasks wait for a file. */
function placeOf(tasks: readonly string[]): { readonly place: Place; readonly mark: string; readonly go: string } {
  const place = placeWith(planOf(tasks));
  const [mark, go] = [join(place.folder, ".git/mark"), join(place.folder, ".git/go")];
  place.env = { MARK: mark, GO: go };
  return { place, mark, go };
}

describe("a run whose reader goes away goes on to its end", () => {
  test.each([
    ["succeeds", "{ id: last, run: 'echo 1 > b.txt', depends_on: [t] }", 0],
    ["fails", "{ id: last, run: 'exit 3', depends_on: [t] }", 1],
  ])("and %s with its own exit status", async (_, last, status) => {
    const { place, mark, go } = placeOf([waits("t"), last]);
    const { process: running, ended } = place.start("run", "plan.yaml");
    await appears(mark);
    running.stdout?.destroy();
    writeFileSync(go, "");
    expect(await ended).toMatchObject({ status, stderr: "" });
    expect((await place.look("status")).stdout).toContain(`p-1  ${status === 0 ? "succeeded" : "failed"}`);
  });
});

describe("a stdout that cannot be written", () => {
  const into = (place: Place, ...args: string[]): { readonly status: number | null; readonly stderr: string } =>
    place.pawlBy(["sh", "-c", 'exec "$@" >/dev/full', "sh"], ...args);

  test("ends no run in its middle where it cannot be told either", (context) => {
    context.skip(!existsSync("/dev/full"), "only Linux has a device that is always full");
    const place = placeWith(planOf(["{ id: t, run: 'echo 1 > b.txt' }"]));
    const { status } = place.pawlBy(["sh", "-c", 'exec "$@" >/dev/full 2>&1', "sh"], "run", "plan.yaml");
    expect(status).toBe(0);
    expect(place.git("show", "pawl/p-1:b.txt")).toBe("1");
  });

  test("is told once, and the run goes on to its end", (context) => {
    context.skip(!existsSync("/dev/full"), "only Linux has a device that is always full");
    const place = placeWith(planOf(["{ id: t, run: 'echo 1 > b.txt' }"]));
    const { status, stderr } = into(place, "run", "plan.yaml");
    expect(stderr).toMatch(
      /^stdout cannot be written: ENOSPC.* \[STDOUT_REFUSED\]\n {2}See that .* The run goes on; .*\n$/,
    );
    expect(status).toBe(0);
    expect(place.git("show", "pawl/p-1:b.txt")).toBe("1");
    expect(into(place, "status")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^stdout cannot be written: ENOSPC.*\n {2}See that .* Then try again\.\n$/),
    });
  });
});

test("a reader of another command that goes away ends it quietly", async () => {
  const place = placeWith(planOf(["{ id: t, run: 'echo 1 > b.txt' }"]));
  place.pawl("run", "plan.yaml");
  const { process: running, ended } = place.start("events");
  // Before it has begun to print.
  running.stdout?.destroy();
  expect(await ended).toEqual({ status: 0, stdout: "", stderr: "" });
});
