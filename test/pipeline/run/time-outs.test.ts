import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { type Place, placeWith, planOf } from "../../cli/pawl.fixture.ts";
import { appears } from "../../waiting.fixture.ts";

const wait = "touch $MARK; until [ -e $GO ]; do sleep 0.02; done";
const gated = `gates:\n  g: { type: UNIT, run: '${wait}', timeout: 10m }\n`;

/** As if nobody had worked on the run for hours. */
function hoursPass(place: Place): void {
  const db = new Database(join(place.folder, ".state/pipeline.db"));
  db.exec("UPDATE timers SET due_at = due_at - 36000000");
  db.close();
}

describe("a time-out", () => {
  test.each([
    { of: "a task", plan: planOf([`{ id: a, run: '${wait}; echo a > b.txt', timeout: 10m }`]) },
    {
      of: "a gate",
      plan: planOf(["{ id: a, run: 'echo a > b.txt' }"], gated).replace("    tasks:", "    verify: [g]\n    tasks:"),
    },
  ])("of $of does not count the hours between kill -9 and resume", async ({ plan }) => {
    const place = placeWith(plan);
    place.env = { MARK: join(place.folder, "mark"), GO: join(place.folder, "go") };
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGKILL");
    await ended;
    hoursPass(place);
    place.write("go", "");
    expect(place.pawl("resume")).toMatchObject({ status: 0 });
    expect(place.git("show", "pawl/p-1:b.txt")).toBe("a");
    expect(place.pawl("events", "p-1").stdout).not.toMatch(/timeout|warning|error/);
    expect(place.pawl("verify")).toMatchObject({ status: 0 });
  });

  test("is that of the command, without the setup of its worktree", () => {
    const place = placeWith(
      planOf(["{ id: a, run: 'echo a > b.txt', timeout: 4s }"], "setup: sleep 4.2\n") +
        "    verify: [g]\ngates:\n  g: { type: UNIT, run: 'test -e b.txt', timeout: 4s }\n",
    );
    expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 0 });
  });

  test("of an agent's task may be longer than that of its tool", () => {
    const place = placeWith(
      planOf(
        ['{ id: a, agent: slow, prompt: "sleep 1.5; echo a > b.txt", timeout: 10m }'],
        "tools: { slow: { run: [sh, '{prompt_file}'], timeout: 1s } }\n",
      ),
    );
    expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 0 });
  });

  test("ends a gate that takes too long, and what it printed until then is kept", () => {
    const place = placeWith(
      planOf(["{ id: a, run: 'echo a > b.txt' }"]) +
        "    verify: [g]\ngates:\n  g: { type: UNIT, run: 'trap \"exit 0\" TERM; echo so far; sleep 600', timeout: 1s }\n",
    );
    expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 1 });
    expect(place.pawl("show", "w.a~p1").stdout).toContain("gate g: timed out");
    expect(place.pawl("show", "w.a~p1~g").stdout).toContain("so far");
    expect(place.pawl("verify")).toMatchObject({ status: 0 });
  });
});
