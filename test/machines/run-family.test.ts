import { describe, expect, test } from "vitest";
import { type AnyActorRef, type AnyStateMachine, createActor, waitFor } from "xstate";
import { catalogue } from "../../machines/index.ts";
import type { ExecuteTaskInput, ExecuteTaskOutput } from "../../machines/orchestration/task.types.ts";
import type { WorkstreamDefinition } from "../../machines/orchestration/workstream.types.ts";
import { simulatedClock } from "../../src/testing/simulated-clock.ts";
import { type Answers, answeringMachines } from "./answering.fixture.ts";

const gate = { name: "unit", gate_type: "UNIT", command: "test" } as const;

/** A run whose effects answer at once, and a pool that gives each queued task a worker. */
function world(answers: Answers, workstreams: readonly WorkstreamDefinition[]) {
  const committed: string[] = [];
  const merged: string[] = [];
  const clock = simulatedClock();
  const machines = answeringMachines({
    ...answers,
    commit: ({ patch_id }) => committed.push(patch_id),
    publish: ({ ws_id }) => merged.push(ws_id),
  });
  const run = createActor(machines.run, {
    input: { run_id: "r" },
    clock: clock as never,
    inspect: (event) => {
      if (event.type === "@xstate.snapshot" && (event.snapshot as { value?: unknown }).value === "queued") {
        const actor = event.actorRef as AnyActorRef;
        queueMicrotask(() => actor.send({ type: "worker_started", worker_id: "w" }));
      }
    },
  });
  run.start();
  run.send({ type: "orchestrator_started", workstreams });
  const child = (id: string) => run.getSnapshot().children[id]?.getSnapshot();
  return { run, clock, committed, merged, child };
}

const withPatch = ({ task_id }: ExecuteTaskInput): ExecuteTaskOutput => ({
  exit_code: 0,
  patch: { patch_id: `${task_id}~p1` },
});

describe("a run and its family", () => {
  test("ends when every workstream is merged, in the order of their dependencies", async () => {
    const { run, committed, merged } = world({ execute: withPatch }, [
      { ws_id: "b", depends_on: ["a"], tasks: [{ task_id: "b.1" }], verify: [gate], final: [gate] },
      { ws_id: "a", tasks: [{ task_id: "a.2", depends_on: ["a.1"] }, { task_id: "a.1" }], verify: [gate] },
    ]);
    await waitFor(run, ({ status }) => status === "done");
    expect(run.getSnapshot().value).toBe("succeeded");
    expect(merged).toEqual(["a", "b"]);
    expect(committed).toEqual(["a.1~p1", "a.2~p1", "b.1~p1"]);
  });

  test("tries a flaky task again after its backoff", async () => {
    const attempts: number[] = [];
    const { run, clock, child } = world(
      {
        execute: ({ attempt }) => {
          attempts.push(attempt);
          return { exit_code: attempt === 1 ? 1 : 0 };
        },
      },
      [{ ws_id: "a", tasks: [{ task_id: "a.1", max_retries: 1, backoff: { initial_sec: 2, factor: 2, max_sec: 9 } }] }],
    );
    const workstream = run.getSnapshot().children["a"] as AnyActorRef;
    const task = workstream.getSnapshot().children["a.1"] as AnyActorRef;
    await waitFor(task, ({ value }) => value === "retrying");
    clock.advance(1_999);
    expect(task.getSnapshot().value).toBe("retrying");
    expect(child("a")?.context.tasks).toMatchObject({ total: 1, waiting: 0, under_way: 1 });
    clock.advance(1);
    await waitFor(run, ({ status }) => status === "done");
    expect([attempts, run.getSnapshot().value]).toEqual([[1, 2], "succeeded"]);
  });

  test("accepts the end of a workstream that may fail, with its patch quarantined", async () => {
    const { run, committed, child } = world(
      { execute: withPatch, gate: ({ ws_id }) => ({ exit_code: ws_id === "bad" ? 1 : 0 }) },
      [
        { ws_id: "bad", allow_failure: true, tasks: [{ task_id: "bad.1" }], verify: [gate] },
        { ws_id: "good", tasks: [{ task_id: "good.1" }], verify: [gate] },
        { ws_id: "after", depends_on: ["bad"], tasks: [{ task_id: "after.1" }] },
      ],
    );
    await waitFor(run, ({ status }) => status === "done");
    expect([run.getSnapshot().value, child("bad")?.value, child("good")?.value, child("after")?.value]).toEqual([
      "succeeded",
      "failed",
      "completed",
      "skipped",
    ]);
    expect(committed).toEqual(["good.1~p1"]);
    expect(child("bad")?.context.last_error).toContain("gate unit");
  });

  test("quarantines a patch that does not apply, after three attempts", async () => {
    const { run, clock, child } = world({ execute: withPatch, apply: () => ({ applied: false, reason: "conflict" }) }, [
      { ws_id: "a", tasks: [{ task_id: "a.1" }] },
    ]);
    const patchOf = () =>
      (run.getSnapshot().children["a"] as AnyActorRef).getSnapshot().children["a.1~p1"] as AnyActorRef;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const workstream = run.getSnapshot().children["a"] as AnyActorRef;
      await waitFor(workstream, () => patchOf()?.getSnapshot().value === "apply_failed");
      expect(patchOf().getSnapshot().context.apply_attempts).toBe(attempt);
      clock.advance(200);
    }
    await waitFor(run, ({ status }) => status === "done");
    expect([run.getSnapshot().value, child("a")?.value]).toEqual(["failed", "failed"]);
  });

  test("fails at once when a critical workstream fails, and stops the others", async () => {
    const { run, child } = world({ execute: ({ ws_id }) => ({ exit_code: ws_id === "a" ? 1 : 0 }) }, [
      { ws_id: "a", is_critical: true, tasks: [{ task_id: "a.1", is_critical: true, max_retries: 0 }] },
      { ws_id: "b", depends_on: ["a"], tasks: [{ task_id: "b.1" }] },
    ]);
    await waitFor(run, ({ status }) => status === "done");
    expect([run.getSnapshot().value, child("a")?.value]).toEqual(["failed", "failed"]);
    expect(["skipped", "cancelled"]).toContain(child("b")?.value);
  });

  test("makes no tasks of a workstream that is switched off", async () => {
    const { run, child } = world({}, [
      { ws_id: "off", disabled: true, tasks: [{ task_id: "off.1" }] },
      { ws_id: "after", depends_on: ["off"], tasks: [{ task_id: "after.1" }] },
    ]);
    await waitFor(run, ({ status }) => status === "done");
    expect([run.getSnapshot().value, child("off")?.value, child("after")?.value]).toEqual([
      "succeeded",
      "skipped",
      "skipped",
    ]);
    expect(child("off")?.children).toEqual({});
  });

  describe("with a gate that fails before its tasks", () => {
    const dep = { name: "dep", gate_type: "UNIT", command: "false" } as const;
    const failing = { gate: ({ name }: { readonly name: string }) => ({ exit_code: name === "dep" ? 1 : 0 }) };
    const ended = async (answers: Answers, workstreams: readonly WorkstreamDefinition[]) => {
      const { run, child, merged } = world({ ...failing, ...answers }, workstreams);
      await waitFor(run, ({ status }) => status === "done");
      const below = (ws: string, id: string) => (child(ws)?.children[id] as AnyActorRef | undefined)?.getSnapshot();
      return { run: run.getSnapshot().value, merged, child, below };
    };

    test.each([
      [{}, "failed"],
      [{ is_critical: true }, "failed"],
      [{ allow_failure: true }, "succeeded"],
    ])("ends, and names the gate (workstream: %j)", async (how, state) => {
      const { run, child, below } = await ended({}, [
        { ws_id: "a", ...how, gates: [dep], tasks: [{ task_id: "a.1", gate_dependencies: ["a~dep"] }] },
      ]);
      expect([run, child("a")?.value, below("a", "a.1")?.value]).toEqual([state, "failed", "cancelled"]);
      expect(below("a", "a.1")?.context.last_error).toBe("a gate that it needs has failed: a~dep");
    });

    test("ends what waits for the task, and for a gate behind it, and lets the others finish", async () => {
      const executed: string[] = [];
      const { run, child, below } = await ended(
        {
          execute: ({ task_id }) => {
            executed.push(task_id);
            return { exit_code: 0 };
          },
        },
        [
          {
            ws_id: "a",
            gates: [dep, { ...dep, name: "late", depends_on: ["dep"] }, { ...dep, name: "good" }],
            tasks: [
              { task_id: "a.1", gate_dependencies: ["a~good", "a~late"] },
              { task_id: "a.2", depends_on: ["a.1"] },
              { task_id: "a.3", gate_dependencies: ["a~good"] },
              { task_id: "a.4", depends_on: ["a.3"] },
            ],
          },
        ],
      );
      expect(["a~dep", "a~late", "a~good"].map((id) => below("a", id)?.value)).toEqual(["FAILED", "BLOCKED", "PASSED"]);
      expect(["a.1", "a.2", "a.3", "a.4"].map((id) => below("a", id)?.value)).toEqual([
        "cancelled",
        "cancelled",
        "completed",
        "completed",
      ]);
      expect([executed, child("a")?.value, run]).toEqual([["a.3", "a.4"], "failed", "failed"]);
      expect(below("a", "a.1")?.context.last_error).toContain("a~late");
    });

    test("forgives a task that may fail", async () => {
      const { run, merged, below } = await ended({}, [
        {
          ws_id: "a",
          gates: [dep],
          tasks: [{ task_id: "a.1", allow_failure: true, gate_dependencies: ["a~dep"] }, { task_id: "a.2" }],
        },
      ]);
      expect([run, merged, below("a", "a.1")?.value]).toEqual(["succeeded", ["a"], "cancelled"]);
    });
  });

  test.each([
    ["override_complete_task", "completed", "succeeded"],
    ["override_fail_task", "failed", "failed"],
    ["override_reset_task", "running", "running"],
  ])("drops the patch that a task had under way at its %s, and stops its gates", async (type, state, runsAs) => {
    const { run, committed } = world({ execute: withPatch, gate: () => new Promise(() => undefined) }, [
      { ws_id: "a", tasks: [{ task_id: "a.1" }], verify: [gate] },
    ]);
    const below = (parent: AnyActorRef, id: string): AnyActorRef => parent.getSnapshot().children[id];
    const workstream = below(run, "a");
    await waitFor(workstream, () => below(workstream, "a.1~p1")?.getSnapshot().value === "applied");
    const [task, patch] = [below(workstream, "a.1"), below(workstream, "a.1~p1")];
    const unit = below(patch, "a.1~p1~unit");
    task.send({ type, operator: "ann", reason: "done by hand" });
    await waitFor(task, ({ value }) => value === state);
    expect([patch, unit].map((actor) => actor.getSnapshot().value)).toEqual(["dropped", "FAILED"]);
    await waitFor(run, ({ value }) => value === runsAs);
    expect(committed).toEqual([]);
  });

  test("is canceled by a named operator only, down to its tasks", async () => {
    const { run, child } = world({ execute: withPatch }, [{ ws_id: "a", tasks: [{ task_id: "a.1" }] }]);
    run.send({ type: "user_cancelled" });
    expect(run.getSnapshot().value).toBe("running");
    run.send({ type: "user_cancelled", operator: "ann" });
    expect([
      run.getSnapshot().value,
      child("a")?.value,
      (child("a")?.children["a.1"] as AnyActorRef | undefined)?.getSnapshot().value,
    ]).toEqual(["canceled", "cancelled", "cancelled"]);
  });

  test("keeps contexts of one size, however many tasks there are (I10)", () => {
    const size = (count: number) => {
      const tasks = Array.from({ length: count }, (_, i) => ({ task_id: `a.${i}` }));
      const { run, child } = world({}, [{ ws_id: "a", tasks }]);
      return JSON.stringify(run.getSnapshot().context).length + JSON.stringify(child("a")?.context).length;
    };
    expect(size(1_000) - size(10)).toBeLessThan(20);
  });
});

test.each([
  [{ gate_dependencies: ["a~dep"] }, { id: "a~dep", state: "FAILED" }],
  [{ depends_on: ["a.0"] }, { id: "a.0", state: "failed" }],
])("a task that a person let go on does not mind the end of what it waited for: %j", (waits, end) => {
  const input = { run_id: "r", ws_id: "a", task_id: "a.1", ...waits };
  const task = createActor(catalogue.task.machine, { input }).start();
  const by = { operator: "ann", reason: "why" };
  task.send({ type: "override_unblock_task", ...by });
  task.send({ type: "dependency_ended", ...end });
  task.send({ type: "override_reset_task", ...by });
  expect(task.getSnapshot().value).toBe("queued");
});

test("every machine of the catalogue runs alone", () => {
  const inputs = {
    run: { run_id: "r" },
    workstream: { run_id: "r", ws_id: "w" },
    task: { run_id: "r", ws_id: "w", task_id: "t" },
    worker: { worker_id: "w" },
    uet_worker: {},
    patch_ledger: { run_id: "r", ws_id: "w", task_id: "t", patch: { patch_id: "p" } },
    test_gate: { run_id: "r", ws_id: "w", set_id: "w", stage: "final", gate },
    circuit_breaker: { tool_id: "t" },
  };
  for (const [name, { machine }] of Object.entries(catalogue)) {
    const input = inputs[name as keyof typeof inputs];
    const actor = createActor(machine as AnyStateMachine, { input } as never).start();
    expect([name, actor.getSnapshot().status]).toEqual([name, "active"]);
    actor.stop();
  }
});
