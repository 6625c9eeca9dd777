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
