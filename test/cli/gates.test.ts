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

test("a gate before a merge that could not be started is shown with the reason, by itself and with its workstream", async () => {
  const gates = "gates:\n  absent: { type: UNIT, run: [no-such-program, now] }\n";
  const place = placeWith(
    planOf(["{ id: t, run: 'echo x > x' }"], gates).replace("id: w", "id: w\n    final: [absent]"),
  );
  expect(place.pawl("run", "plan.yaml").status).toBe(1);
  const reason = '  | gate w~m1~absent: command not found: ["no-such-program","now"] (ENOENT)\n';
  const gate = `gate w~m1~absent failed\n  does: ["no-such-program","now"]\n  exit code: 127\nend of its stderr\n${reason}`;
  expect((await place.look("show", "w")).stdout).toContain(gate);
  const alone = (await place.look("show", "w~m1~absent")).stdout;
  expect(alone.slice(alone.indexOf("end of "))).toBe(`end of stderr\n${reason}`);
});

test("a final gate that takes away every reference of Pawl's own but its branches is no fault of the merge", () => {
  const remove = "git for-each-ref --format='delete %(refname)' refs/pawl | git update-ref --stdin";
  const place = placeWith(
    planOf(["{ id: t, run: 'echo x > x' }"], `gates:\n  g: { type: UNIT, run: "${remove}" }\n`).replace(
      "id: w",
      "id: w\n    final: [g]",
    ),
  );
  expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 0, stderr: "" });
  expect(place.git("show", "pawl/p-1:x")).toBe("x");
});
