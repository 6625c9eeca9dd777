import { expect, test } from "vitest";
import { placeWith, planOf } from "./pawl.fixture.ts";

test("a gate whose folder another one took away is said not to have started, instead of how it ended", async () => {
  const gates = `gates:
  first: { type: UNIT, run: 'rm -rf "$PAWL_WORKTREE"' }
  second: { type: UNIT, run: 'true', depends_on: [first] }
`;
  const place = placeWith(
    planOf(["{ id: t, run: 'echo x > x' }"], gates).replace("id: w", "id: w\n    verify: [second]"),
  );
  expect(place.pawl("run", "plan.yaml").stdout).toContain("w.t  failed  gate second: could not be started");
  const shown = (await place.look("show", "w.t")).stdout;
  expect(shown).toContain("gate w.t~p1~second failed\n  does: true\n  exit code: none (could not be started)\n");
  expect(shown).toMatch(/\| gate .* cannot start in .*: it does not exist$/m);
  expect(await place.look("verify")).toMatchObject({ status: 0 });
});
