import { describe, expect, test } from "vitest";
import { oneRun } from "./pawl.fixture.ts";

const long = "x".repeat(2_000);

describe("pawl show", () => {
  const run = oneRun(`pawl: 1
name: p
base: main
workstreams:
  - id: one
    tasks: [{ id: t, run: "echo one > b.txt" }]
  - id: two
    tasks:
      - { id: t, run: "echo two > b.txt; until git rev-parse -q --verify pawl/p-1^2; do sleep 0.1; done", timeout: 20s }
      - { id: prompt, run: [test, ${long}], changes: none }
`);

  test("says of a workstream that could not be merged what to do about it", async () => {
    const { stdout } = await run.place.look("show", "two");
    expect(stdout).toMatch(/^ {2}fix: Change pawl-work\/p-1\/two so that it fits, or merge by hand: git switch /m);
    expect(JSON.parse((await run.place.look("show", "two", "--json")).stdout).fix).toMatch(/^Change pawl-work/);
    expect((await run.place.look("show", "one")).stdout).not.toContain("fix:");
  });

  test("leads from a run that failed to the workstream that did, whose tasks are all completed", async () => {
    const { stdout } = await run.place.look("show", "p-1");
    expect(stdout).toMatch(/^ {2}fix: Change pawl-work\/p-1\/two/m);
    expect(stdout.split("\nnext\n")[1]).toBe(
      "  pawl show two  says what went wrong\n  pawl status p-1 --all  shows which tasks did not complete\n",
    );
  });

  test("takes the name of a task without its workstream where only one has it, and names all that have it else", async () => {
    expect((await run.place.look("show", "prompt")).stdout).toMatch(/^task p-1\/two\.prompt: completed/);
    expect(await run.place.look("show", "t")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("Nearest: one.t, two.t."),
    });
  });

  test("cuts what a task does to what a screen holds, and has it whole in its JSON", async () => {
    const { stdout } = await run.place.look("show", "two.prompt");
    expect(stdout).toMatch(/^ {2}does: test x{495}… \(2005 characters\)$/m);
    expect(JSON.parse((await run.place.look("show", "two.prompt", "--json")).stdout).does).toBe(`test ${long}`);
  });

  test("says what became of the changes of a task, and of one that ended well that there were none", async () => {
    const commit = run.place.git("log", "--format=%H", "--grep=^one.t", "pawl/p-1");
    expect((await run.place.look("show", "one.t")).stdout).toContain(`\n  patch: one.t~p1, committed ${commit}\n`);
    expect((await run.place.look("show", "two.prompt")).stdout).toContain("\n  patch: none\n");
    const { patches } = JSON.parse((await run.place.look("show", "one.t", "--json")).stdout);
    expect(patches).toEqual([{ ledger_id: "p-1/one.t~p1", state: "committed", commit_sha: commit }]);
  });

  test("counts those commits as the run's that are in its branch", async () => {
    expect(run.printed.stdout).toContain("1 commit, branch pawl/p-1");
    expect(run.place.git("rev-list", "--count", "--no-merges", "main..pawl/p-1")).toBe("1");
  });
});
