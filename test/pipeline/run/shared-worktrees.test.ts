import { on } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { type Place, placeWith } from "../../cli/pawl.fixture.ts";

/** `w1` fails by a gate that runs out of its time and, when it hears of that, writes into its folder after a while. */
const planWith = (gates: "verify" | "final"): string => `pawl: 1
name: p
base: main
concurrency: 3
gates:
  slow:
    type: UNIT
    timeout: 1s
    run: "trap 'until [ -e $BEGUN ]; do sleep 0.02; done; for i in 1 2 3 4 5 6 7 8 9; do echo x > junk-$i.txt; sleep 0.1; done; exit 1' TERM; while :; do sleep 0.02; done"
workstreams:
  - id: w1
    allow_failure: true
    ${gates}: [slow]
    tasks:
      - { id: a, run: 'echo a > a1.txt' }
  - id: w2
    tasks:
      - { id: wait, run: 'until [ -e $FAILED ]; do sleep 0.02; done', changes: none }
      - { id: b, run: 'touch $BEGUN; sleep 1; echo b > b.txt', depends_on: [wait] }
      - { id: c, run: 'touch $BEGUN; sleep 1; echo c > c.txt', depends_on: [wait] }
      - { id: d, run: 'touch $BEGUN; sleep 1; echo d > d.txt', depends_on: [wait] }
`;

async function failureOfFirst(place: Place, stdout: Readable): Promise<void> {
  let printed = "";
  for await (const [chunk] of on(stdout, "data")) {
    printed += String(chunk);
    if (/p-1\/w1 {2}\w+ → failed/.test(printed)) {
      place.write("failed", "");
      return;
    }
  }
}

describe("a worktree in which a gate that ran out of its time still writes", () => {
  test.each(["verify", "final"] as const)(
    "is given to nobody: the junk of a %s gate is in nobody's commit",
    async (gates) => {
      const place = placeWith(planWith(gates));
      place.env = { BEGUN: join(place.folder, "begun"), FAILED: join(place.folder, "failed") };
      const { process: pawl, ended } = place.start("run", "plan.yaml");
      await failureOfFirst(place, pawl.stdout as Readable);
      expect(await ended).toMatchObject({ status: 0 });
      const files = place.git("diff", "--name-only", "main", "pawl/p-1").split("\n");
      expect(files).toEqual(["b.txt", "c.txt", "d.txt"]);
    },
    40_000,
  );
});
