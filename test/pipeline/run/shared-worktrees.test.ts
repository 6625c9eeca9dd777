import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { placeWith } from "../../cli/pawl.fixture.ts";
import { appears } from "../../waiting.fixture.ts";

/** A person ends `w1` while its gate runs, which, when it hears of that, writes into its folder for a while. */
const planWith = (gates: "verify" | "final"): string => `pawl: 1
name: p
base: main
concurrency: 3
gates:
  slow:
    type: UNIT
    run: "trap 'until [ -e $BEGUN ]; do sleep 0.02; done; for i in 1 2 3 4 5 6 7 8 9; do echo x > junk-$i.txt; sleep 0.1; done; exit 1' TERM; touch $RUNS; while :; do sleep 0.02; done"
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

describe("a worktree in which a gate that was ended still writes", () => {
  test.each(["verify", "final"] as const)(
    "is given to nobody: the junk of a %s gate is in nobody's commit",
    async (gates) => {
      const place = placeWith(planWith(gates));
      const file = (name: string): string => join(place.folder, ".git", name);
      place.env = { BEGUN: file("begun"), FAILED: file("failed"), RUNS: file("runs") };
      const { ended } = place.start("run", "plan.yaml");
      await appears(file("runs"));
      const by = ["--operator", "ines", "--reason", "it is not needed"];
      expect(place.pawl("override", "fail-workstream", "w1", ...by)).toMatchObject({ status: 0, stderr: "" });
      place.write(".git/failed", "");
      expect(await ended).toMatchObject({ status: 0 });
      const files = place.git("diff", "--name-only", "main", "pawl/p-1").split("\n");
      expect(files).toEqual(["b.txt", "c.txt", "d.txt"]);
    },
  );
});
