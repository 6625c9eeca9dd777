import { describe, expect, test, vi } from "vitest";
import { runMachine } from "../../machines/orchestration/run.ts";
import { taskMachine } from "../../machines/orchestration/task.ts";
import { workstreamMachine } from "../../machines/orchestration/workstream.ts";
import { circuitBreakerMachine } from "../../machines/uet/circuit-breaker.ts";
import { explore } from "./explore.ts";
import { after, begin, behindGates, configuration, gate, realMachines, type Situation } from "./system.ts";

// XState warns of each event that comes to an actor which has ended: here that is part of what is tried.
vi.spyOn(console, "warn").mockImplementation(() => undefined);

const operator = { operator: "ann", reason: "why" };
const done = (machine: string, state: string, output?: unknown) => ({
  type: `xstate.done.actor.0.${machine}.${state}`,
  output,
});
const checked = { format_passed: true, scope_passed: true, constraints_passed: true, reason: null };

/** Lets things happen one after the other, each to the actor at a path. */
function along(from: Situation, way: readonly (readonly [string, { readonly type: string }])[]): Situation {
  return way.reduce((at, [path, event]) => after(realMachines, at, { path, event, byPerson: false }), from);
}

describe("a run with two workstreams, tasks, patches, gates and a tool behind a breaker, whatever happens to it and in whatever order", () => {
  test.each([1, 2])("keeps its invariants, and comes to an end from everywhere (seed %i)", (seed) => {
    const { fault, situations, ends, refusals } = explore({ mostSituations: 4_000, seed });
    expect([fault, situations >= 4_000, ends > 100, refusals > 50]).toEqual([undefined, true, true, true]);
  });

  test("comes to an end from everywhere with tasks that wait for gates", () => {
    const { fault, ends } = explore({ workstreams: behindGates, mostSituations: 2_000, seed: 1 });
    expect([fault, ends > 50]).toEqual([undefined, true]);
  });

  test("comes to an end from everywhere with tasks, patches and workstreams that a person ended, wherever they were", () => {
    const { fault, ends } = explore({ byHand: true, mostSituations: 2_000, seed: 1 });
    expect([fault, ends > 50]).toEqual([undefined, true]);
  });

  test("a task that waits for ever for a gate that failed is found", () => {
    const task = taskMachine.provide({ guards: { gateFailed: () => false } });
    const run = runMachine.provide({ actors: { workstream: workstreamMachine.provide({ actors: { task } }) } });
    const { fault } = explore({ machines: { run }, workstreams: behindGates, mostSituations: 2_000, seed: 1 });
    expect(fault).toMatch(/^(it does not come to an end by itself|nothing can happen any more)/);
  });

  test("a task that is tried again and again is found", () => {
    const task = taskMachine.provide({ guards: { retriesLeft: () => true } });
    const run = runMachine.provide({ actors: { workstream: workstreamMachine.provide({ actors: { task } }) } });
    expect(explore({ machines: { run }, mostSituations: 4_000, seed: 1 }).fault).toMatch(
      /^a task is tried again no more often/,
    );
  });

  test("a workstream that completes before its final gates have passed is found", () => {
    const workstream = workstreamMachine.provide({ guards: { finalPassed: () => true } });
    const run = runMachine.provide({ actors: { workstream } });
    const { fault } = explore({ machines: { run }, mostSituations: 4_000, seed: 1 });
    expect(fault).toMatch(/^a completed workstream has passed every final gate/);
  });

  test("a workstream that does not wait for its dependencies is found", () => {
    const workstream = workstreamMachine.provide({
      guards: { createdAndWaiting: () => false, createdAndFree: () => true },
    });
    const run = runMachine.provide({ actors: { workstream } });
    expect(explore({ machines: { run }, mostSituations: 4_000, seed: 1 }).fault).toMatch(
      /^it does not come to an end by itself/,
    );
  });
});

describe("a breaker with a fault in its guard", () => {
  test.each([
    ["never opens", { tooManyFailures: () => false }, /^a breaker that is closed has not failed so often/],
    ["closes after one success", { lastSuccess: () => true }, /^a breaker closes after enough successes/],
  ])("that %s is found", (_, guards, fault) => {
    const breaker = circuitBreakerMachine.provide({ guards });
    expect(explore({ machines: { breaker }, mostSituations: 4_000, seed: 1 }).fault).toMatch(fault);
  });
});

describe("what the exploration found once, and does not find again", () => {
  const patched: readonly (readonly [string, { readonly type: string }])[] = [
    ["r/a/a.1", { type: "worker_started", worker_id: "w" } as { type: string }],
    ["r/a/a.1", done("task", "running", { exit_code: 0, patch: { patch_id: "a.1~p1" } })],
    ["r/a/a.1~p1", done("patch_ledger", "created", checked)],
  ];

  test("a patch that waits to be applied again is dropped with its workstream", () => {
    const situation = along(begin(), [
      ...patched,
      ["r/a/a.1~p1", done("patch_ledger", "queued", { applied: false, reason: "no" })],
      ["r", { type: "user_cancelled", ...operator }],
    ]);
    expect(situation.parts.get("r/a/a.1~p1")?.state).toBe("dropped");
  });

  test("a merge that was paused leaves no gate of its first attempt running", () => {
    const one = [{ ws_id: "a", tasks: [{ task_id: "a.1" }], final: [gate] }];
    const situation = along(begin(realMachines, one), [
      ["r/a/a.1", { type: "worker_started", worker_id: "w" } as { type: string }],
      ["r/a/a.1", done("task", "running", { exit_code: 0 })],
      ["r/a", done("workstream", "validating.merging")],
      ["r", { type: "pause_requested", ...operator }],
      ["r", { type: "resume_requested", ...operator }],
    ]);
    expect(situation.parts.get("r/a/a~m1~unit")?.state).toBe("FAILED");
    expect(situation.parts.get("r/a")?.value).toEqual({ validating: "merging" });
  });

  test("a task that was reset is not completed by the patch of before", () => {
    const one = [{ ws_id: "a", tasks: [{ task_id: "a.1" }] }];
    const situation = along(begin(realMachines, one), [
      ["r/a/a.1", { type: "worker_started", worker_id: "w" } as { type: string }],
      ["r/a/a.1", done("task", "running", { exit_code: 0, patch: { patch_id: "p1" } })],
      ["r/a/a.1", { type: "override_reset_task", ...operator } as { type: string }],
      ["r/a/a.1", { type: "worker_started", worker_id: "w" } as { type: string }],
      ["r/a/a.1", done("task", "running", { exit_code: 0, patch: { patch_id: "p2" } })],
      ["r/a/p1", done("patch_ledger", "created", checked)],
      ["r/a/p1", done("patch_ledger", "queued", { applied: true })],
      ["r/a/p1", done("patch_ledger", "verified", { commit_sha: "abc" })],
    ]);
    expect(situation.parts.get("r/a/p1")?.state).toBe("dropped");
    expect(situation.parts.get("r/a/a.1")?.state).toBe("validating");
  });

  const twoTasks = [{ ws_id: "a", tasks: [{ task_id: "a.1" }, { task_id: "a.2" }] }];
  const made = (task: string, patch_id: string): readonly (readonly [string, { readonly type: string }])[] => [
    [`r/a/${task}`, { type: "worker_started", worker_id: "w" } as { type: string }],
    [`r/a/${task}`, done("task", "running", { exit_code: 0, patch: { patch_id } })],
  ];
  const committed = (patch: string): readonly (readonly [string, { readonly type: string }])[] => [
    [`r/a/${patch}`, done("patch_ledger", "created", checked)],
    [`r/a/${patch}`, done("patch_ledger", "queued", { applied: true })],
    [`r/a/${patch}`, done("patch_ledger", "verified", { commit_sha: "abc" })],
  ];
  const redone = ["r/a", { type: "task_redone", task_id: "a.1", successor_id: "a.1~r1", ...operator }] as const;

  test("the outcome of a task that is done again counts, and not the patch that was quarantined before", () => {
    const situation = along(begin(realMachines, twoTasks), [
      ...made("a.1", "p1"),
      ["r", { type: "pause_requested", ...operator }],
      ["r/a/p1", done("patch_ledger", "created", { ...checked, scope_passed: false, reason: "out of scope" })],
      redone,
      ["r", { type: "resume_requested", ...operator }],
      ...made("a.1~r1", "p2"),
      ...committed("p2"),
    ]);
    expect(["p1", "p2", "a.1", "a.1~r1"].map((id) => situation.parts.get(`r/a/${id}`)?.state)).toEqual([
      "quarantined",
      "committed",
      "failed",
      "completed",
    ]);
    expect(situation.parts.get("r/a/p2")?.context["retry_of"]).toBe("p1");
    expect(situation.parts.get("r/a")?.state).toBe("executing");
  });

  test("a task that is done again in a paused workstream does not start before it goes on", () => {
    const paused = along(begin(realMachines, twoTasks), [
      ["r/a/a.1", { type: "override_fail_task", ...operator } as { type: string }],
      ["r", { type: "pause_requested", ...operator }],
      redone,
    ]);
    expect(paused.parts.get("r/a/a.1~r1")?.state).toBe("pending");
    const resumed = along(paused, [["r", { type: "resume_requested", ...operator }]]);
    expect(resumed.parts.get("r/a/a.1~r1")?.state).toBe("queued");
  });

  test("a task is not done again in a workstream that was paused while it was being merged", () => {
    const forgiving = [{ ws_id: "a", tasks: [{ task_id: "a.1", allow_failure: true }] }];
    const situation = along(begin(realMachines, forgiving), [
      ["r/a/a.1", { type: "override_fail_task", ...operator } as { type: string }],
      ["r", { type: "pause_requested", ...operator }],
      redone,
      ["r", { type: "resume_requested", ...operator }],
      ["r/a", done("workstream", "validating.merging")],
      ["r/a", done("workstream", "validating.publishing")],
    ]);
    expect(["r", "r/a", "r/a/a.1"].map((path) => situation.parts.get(path)?.state)).toEqual([
      "succeeded",
      "completed",
      "failed",
    ]);
    expect(situation.parts.has("r/a/a.1~r1")).toBe(false);
  });

  test("the patch of a task that a person declares failed is dropped, and holds nothing up", () => {
    const situation = along(begin(realMachines, twoTasks), [
      ...made("a.1", "p1"),
      ["r/a/a.1", { type: "override_fail_task", ...operator } as { type: string }],
      redone,
      ...made("a.1~r1", "p2"),
      ...committed("p2"),
    ]);
    expect(["p1", "p2", "a.1~r1"].map((id) => situation.parts.get(`r/a/${id}`)?.state)).toEqual([
      "dropped",
      "committed",
      "completed",
    ]);
    expect(situation.parts.get("r/a")?.context["open_patches"]).toBe(0);
  });

  test("a patch that is dropped while its gates run leaves none of them running", () => {
    const one = [{ ws_id: "a", tasks: [{ task_id: "a.1" }], verify: [gate] }];
    const situation = along(begin(realMachines, one), [
      ...made("a.1", "p1"),
      ["r/a/p1", done("patch_ledger", "created", checked)],
      ["r/a/p1", done("patch_ledger", "queued", { applied: true })],
      ["r/a/p1", { type: "override_drop_patch", ...operator } as { type: string }],
    ]);
    expect(["p1", "p1/p1~unit"].map((id) => situation.parts.get(`r/a/${id}`)?.state)).toEqual(["dropped", "FAILED"]);
  });

  test("an ended task has one successor at most", () => {
    const situation = along(begin(realMachines, twoTasks), [
      ["r/a/a.1", { type: "override_fail_task", ...operator } as { type: string }],
      redone,
      ["r/a", { type: "task_redone", task_id: "a.1", successor_id: "a.1~r2", ...operator } as { type: string }],
    ]);
    expect([...situation.parts.keys()].filter((path) => path.includes("~r"))).toEqual(["r/a/a.1~r1"]);
    expect(situation.parts.get("r/a")?.context["tasks"]).toMatchObject({ total: 2, waiting: 2, failed: 0 });
  });

  test("its configuration is the one that is described: two workstreams, the second after the first, two tasks each", () => {
    expect(configuration.map(({ ws_id, depends_on, tasks }) => [ws_id, depends_on, tasks.length])).toEqual([
      ["a", undefined, 2],
      ["b", ["a"], 2],
    ]);
  });
});
