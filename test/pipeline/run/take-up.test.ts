import { expect, test } from "vitest";
import type { RunSite } from "../../../src/pipeline/run/site.ts";
import { takeUp } from "../../../src/pipeline/run/take-up.ts";

test("tells a blocked task whose gate has failed that nothing is left, and no other blocked one", () => {
  const failedGates: Readonly<Record<string, readonly string[]>> = { "r/w/w.t": ["w~dep"], "r/w/w.u": [] };
  const told: unknown[] = [];
  const actors = {
    list: ({ machine }: { readonly machine: string }) =>
      machine === "task" ? Object.keys(failedGates).map((id) => ({ id, state: "blocked" })) : [],
    actor: (id: string) => ({
      getSnapshot: () => ({ context: { failed_gates: failedGates[id] } }),
      send: (event: unknown) => told.push([id, event]),
    }),
  };
  takeUp(actors, {} as RunSite);
  expect(told).toEqual([["r/w/w.t", { type: "nothing_left" }]]);
});

test("each gets what it had: a running task its worker, a queued one its place, a workstream the turn to be merged", () => {
  const actors = {
    list: ({ machine }: { readonly machine: string }) =>
      machine === "task"
        ? [
            { id: "r/w/w.a", state: "running" },
            { id: "r/w/w.b", state: "queued" },
            { id: "r/w/w.c", state: "pending" },
          ]
        : [
            { id: "r/u", state: "validating.preparing" },
            { id: "r/v", state: "validating.checking" },
            { id: "r/w", state: "executing" },
            { id: "r/x", state: "validating.publishing" },
          ],
    actor: () => ({ getSnapshot: () => ({ context: { worker_id: "w2" } }), send: () => undefined }),
  };
  const done: unknown[] = [];
  const note =
    (what: string) =>
    (...of: readonly string[]) =>
      done.push([what, ...of]);
  const workers = { occupy: note("occupied"), offer: note("offered") };
  takeUp(actors, { run: "r", workers, merges: { hold: note("holds") } } as unknown as RunSite);
  expect(done).toEqual([
    ["occupied", "w2", "w.a"],
    ["offered", "w.b"],
    ["holds", "v"],
    ["holds", "x"],
  ]);
});
