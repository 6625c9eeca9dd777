import { describe, expect, test } from "vitest";
import { type AnyActorRef, createActor } from "xstate";
import { catalogue } from "../../machines/index.ts";

test("a workstream whose dependency ended while it was planned does not wait for it", () => {
  for (const [state, value] of [
    ["completed", "ready"],
    ["failed", "skipped"],
  ]) {
    const input = { run_id: "r", ws_id: "b", depends_on: ["a"] };
    const workstream = createActor(catalogue.workstream.machine, { input }).start();
    workstream.send({ type: "dependency_ended", id: "a", state: state as string });
    expect(workstream.getSnapshot().value).toBe("planned");
    workstream.send({ type: "run_started", tasks: [{ task_id: "b.1" }] });
    expect([state, workstream.getSnapshot().value]).toEqual([state, value]);
  }
});

describe("tasks that a person ended while their workstream waited for another", () => {
  const by = { operator: "ann", reason: "why" };

  test.each([
    ["fail", ["b.1", "b.2"], "failed"],
    ["complete", ["b.1", "b.2"], { validating: "merging" }],
    ["complete", ["b.1"], "executing"],
  ])("%s %j: it is %s once it may go on, though no task has begun", (end, overridden, reached) => {
    const input = { run_id: "r", ws_id: "b", depends_on: ["a"] };
    const workstream = createActor(catalogue.workstream.machine, { input }).start();
    workstream.send({ type: "run_started", tasks: [{ task_id: "b.1" }, { task_id: "b.2" }] });
    for (const id of overridden) {
      const task = workstream.getSnapshot().children[id] as AnyActorRef;
      task.send({ type: `override_${end}_task`, ...by });
    }
    expect(workstream.getSnapshot().value).toBe("blocked");
    workstream.send({ type: "dependency_ended", id: "a", state: "completed" });
    expect(workstream.getSnapshot().value).toEqual(reached);
  });
});
