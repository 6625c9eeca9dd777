import { expect, test } from "vitest";
import { entityActorId, giveTask, reactTo } from "../../../src/pipeline/run/reactions.ts";
import type { RunSite } from "../../../src/pipeline/run/site.ts";

/** What a run's process does once such a transition is on disk. */
function reactionTo(entity_type: string, entity: string, from_state: string, to_state: string): readonly string[] {
  const done: string[] = [];
  const note =
    (what: string) =>
    (...of: readonly string[]): Promise<void> => {
      done.push([what, ...of].join(" "));
      return Promise.reject(new Error("what goes wrong shows elsewhere"));
    };
  const site = {
    run: "r",
    workers: {
      offer: (task: string) => done.push(`offered ${task}`),
      left: (task: string) => done.push(`left ${task}`),
    },
    workstreamIsOver: note("workstream over"),
    mergeIsOver: note("merge over"),
    patchTree: (workstream: string) => ({ clear: note(`cleared in ${workstream}`) }),
    services: { patches: { release: (id: string) => done.push(`released ${id}`) } },
  } as unknown as RunSite;
  const entity_id = entity === "" ? "r" : `r/${entity}`;
  reactTo({ entity_type, entity_id, from_state, to_state }, site, (state) => done.push(`ended ${state}`));
  return done;
}

test.each([
  ["task", "w.a", "pending", "queued", ["offered w.a"]],
  ["task", "w.a", "running", "completed", ["left w.a"]],
  ["task", "w.a", "running", "queued", ["offered w.a"]],
  ["task", "w.a", "queued", "running", []],
  ["workstream", "w", "executing", "validating", []],
  ["workstream", "w", "validating", "paused", ["merge over w"]],
  ["workstream", "w", "executing", "paused", []],
  ["workstream", "w", "validating", "completed", ["workstream over w"]],
  ["workstream", "w", "paused", "cancelled", ["workstream over w"]],
  ["workstream", "w", "planned", "skipped", ["workstream over w"]],
  ["workstream", "w", "executing", "failed", ["workstream over w"]],
  ["patch_ledger", "w.a~p1", "verified", "committed", ["released r/w.a~p1", "cleared in w w.a~p1"]],
  ["patch_ledger", "w.a~p1", "validated", "quarantined", ["released r/w.a~p1", "cleared in w w.a~p1"]],
  ["patch_ledger", "w.a~p1", "applied", "dropped", ["released r/w.a~p1", "cleared in w w.a~p1"]],
  ["patch_ledger", "w.a~p1", "applied", "verified", []],
  ["run", "", "running", "succeeded", ["ended succeeded"]],
  ["run", "", "running", "failed", ["ended failed"]],
  ["run", "", "pending", "canceled", ["ended canceled"]],
  ["run", "", "pending", "running", []],
])("of a %s, %s: from %s to %s", (type, entity, from, to, reaction) => {
  expect(reactionTo(type, entity, from, to)).toEqual(reaction);
});

test.each([
  ["run", "r", "r"],
  ["workstream", "w", "r/w"],
  ["task", "w.a", "r/w/w.a"],
  ["patch_ledger", "w.a~p1", "r/w/w.a~p1"],
  ["test_gate", "w.a~p12~unit", "r/w/w.a~p12/w.a~p12~unit"],
  ["test_gate", "w~unit", "r/w/w~unit"],
  ["circuit_breaker", "tool", "tool"],
] as const)("the actor of the %s %s is %s", (type, entity, actor) => {
  expect(entityActorId("r", type, entity)).toBe(actor);
});

test("a worker is given a task that is queued, and no other", () => {
  const sent: unknown[] = [];
  const taskIn = (value: string) => ({ getSnapshot: () => ({ value }), send: (event: unknown) => sent.push(event) });
  const workstream = { getSnapshot: () => ({ children: { "w.a": taskIn("queued"), "w.b": taskIn("pending") } }) };
  const run = { getSnapshot: () => ({ children: { w: workstream } }) } as unknown as Parameters<typeof giveTask>[0];
  const given = ["w.a", "w.b", "w.c", "x.a"].map((task) => giveTask(run, task, "w1"));
  expect([given, giveTask(undefined, "w.a", "w1")]).toEqual([[true, false, false, false], false]);
  expect(sent).toEqual([{ type: "worker_started", worker_id: "w1" }]);
});
