import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { appears, seenIn } from "../waiting.fixture.ts";
import { type Place, placeWith, planOf } from "./pawl.fixture.ts";

/** `first` waits for a file, `after` waits for `first`, `broken` fails at once. */
const plan = planOf([
  "{ id: first, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done' }",
  "{ id: after, run: 'echo 2 > after.txt', depends_on: [first] }",
  "{ id: broken, run: 'test -e $MENDED', changes: none }",
]);

/** A run that has got as far as touching `$MARK`; its commands find files to wait for in `$GO` and `$MENDED`. */
async function running(
  text = plan,
): Promise<{ readonly place: Place; readonly ended: ReturnType<Place["start"]>["ended"] }> {
  const place = placeWith(text);
  const file = (name: string): string => join(place.folder, name);
  place.env = { MARK: file("mark"), GO: file("go"), MENDED: file("mended") };
  const { ended } = place.start("run", "plan.yaml");
  await appears(file("mark"));
  return { place, ended };
}

async function eventsOf(place: Place, entity: string): Promise<Record<string, unknown>[]> {
  const { stdout } = await place.look("events", "--entity", entity, "--json");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const by = ["--operator", "ines", "--reason", "it is good enough"];

describe("pawl override", () => {
  test("completes a task that runs in another process, as a manual override with operator and reason", async () => {
    const { place, ended } = await running();
    expect(place.pawl("override", "complete-task", "w.first", ...by)).toMatchObject({ status: 0, stderr: "" });
    await ended;
    expect((await eventsOf(place, "w.first")).at(-1)).toMatchObject({
      event_type: "manual_override",
      severity: "warning",
      to_state: "completed",
      operator: "ines",
      reason: "it is good enough",
    });
    expect((await eventsOf(place, "w.after")).at(-1)).toMatchObject({ to_state: "completed" });
    expect(await place.look("verify")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("All is as it was written"),
    });
  });

  test("without operator or reason, or by somebody who may not, is refused, and the attempt is in the log", async () => {
    const { place } = await running();
    place.write(".pawl.yaml", "operators: [ines]\n");
    for (const [args, exit, said] of [
      [["--reason", "why not"], 2, /operator has 0 characters; it takes 1 to 200, .*\[INTERVENTION_TEXT\]/],
      [["--operator", "ines"], 2, /reason has 0 characters; it takes 1 to 2000, .*\[INTERVENTION_TEXT\]/],
      [["--operator", "omar", "--reason", "why not"], 1, /\[UNAUTHORIZED\]/],
    ] as const) {
      const { status, stderr } = place.pawl("override", "fail-task", "w.first", ...args);
      expect([status, stderr]).toEqual([exit, expect.stringMatching(said)]);
    }
    const errors = (await eventsOf(place, "w.first")).filter(({ event_type }) => event_type === "error");
    expect(errors.map(({ operator, trigger }) => [operator, trigger])).toEqual([
      [null, "override_fail_task"],
      ["ines", "override_fail_task"],
      ["omar", "override_fail_task"],
    ]);
    expect(JSON.parse((await place.look("status", "--json", "--all")).stdout).workstreams[0].shown[0]).toMatchObject({
      state: "running",
    });
    expect(await place.look("verify")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("All is as it was written"),
    });
  });

  test("refuses control characters before anything is written", async () => {
    const { place } = await running();
    const before = (await eventsOf(place, "w.first")).length;
    expect(place.pawl("override", "fail-task", "w.first", "--operator", "in\u0007es", "--reason", "x")).toMatchObject({
      status: 2,
    });
    expect(await eventsOf(place, "w.first")).toHaveLength(before);
  });

  test("resets a task that has ended by a successor that names it", async () => {
    const { place, ended } = await running();
    const log = join(place.folder, ".state/transitions.jsonl");
    await seenIn(log, () => /"entity_id":"p-1\/w\.broken".*"to_state":"failed"/.test(readFileSync(log, "utf8")));
    place.write("mended", "");
    expect(place.pawl("override", "reset-task", "w.broken", ...by)).toMatchObject({ status: 0, stderr: "" });
    expect(place.pawl("override", "reset-task", "w.broken", ...by).stderr).toMatch(
      /GUARD_REJECTED[\s\S]*no successor of the task yet|no successor of the task yet[\s\S]*GUARD_REJECTED/,
    );
    place.write("go", "");
    expect((await ended).status).toBe(0);
    expect((await eventsOf(place, "w.broken")).at(-1)).toMatchObject({ to_state: "failed" });
    expect((await eventsOf(place, "w.broken~r1")).map(({ event_type }) => event_type)).toContain("manual_override");
    expect((await eventsOf(place, "w.broken~r1")).at(-1)).toMatchObject({ to_state: "completed" });
    expect((await place.look("show", "w.broken~r1")).stdout).toContain("retry_of: p-1/w.broken");
    expect(await place.look("verify")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("All is as it was written"),
    });
    // Out of a terminal state nothing leads, and a workstream that has ended takes no successor.
    const refused = "task p-1/w.after is completed, a terminal state";
    const { stderr } = place.pawl("override", "fail-task", "w.after", ...by);
    expect(stderr).toContain(refused);
    expect(stderr).toContain("TERMINAL_STATE");
    expect((await eventsOf(place, "w.after")).at(-1)).toMatchObject({ reason: expect.stringContaining(refused) });
    expect(place.pawl("override", "reset-task", "w.broken", ...by).stderr).toContain("RESET_TOO_LATE");
    expect((await eventsOf(place, "w.broken")).at(-1)).toMatchObject({
      event_type: "error",
      trigger: "override_reset_task",
      operator: "ines",
      reason: expect.stringContaining("nothing there takes a successor"),
    });
    expect(await place.look("verify")).toMatchObject({ status: 0 });
  });

  test("drops the patch of a task that is reset while its gates run: the new one counts", async () => {
    const { place, ended } = await running(
      [
        "pawl: 1",
        "name: p",
        "base: main",
        "gates:",
        "  good: { type: UNIT, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done; grep -q good first.txt' }",
        "workstreams:",
        "  - id: w",
        "    verify: [good]",
        "    tasks:",
        "      - { id: first, run: 'if [ -e $MENDED ]; then echo good; else echo bad; fi > first.txt' }",
      ].join("\n"),
    );
    place.write("mended", "");
    expect(place.pawl("override", "reset-task", "w.first", ...by)).toMatchObject({ status: 0, stderr: "" });
    place.write("go", "");
    expect((await ended).status).toBe(0);
    expect((await eventsOf(place, "w.first~p1")).at(-1)).toMatchObject({
      event_type: "manual_override",
      to_state: "dropped",
      operator: "ines",
      reason: "task w.first does not want it any more: it is good enough",
    });
    expect((await eventsOf(place, "w.first~p2")).at(-1)).toMatchObject({ to_state: "committed" });
    expect((await eventsOf(place, "w.first")).at(-1)).toMatchObject({ to_state: "completed" });
    expect(await place.look("verify")).toMatchObject({ status: 0 });
  });

  test("names the nearest action and entity, and what an action is for", () => {
    const place = placeWith(planOf(["{ id: taste, run: 'true', changes: none }"]));
    place.pawl("run", "plan.yaml");
    expect(place.pawl("override", "complet-task", "w.taste", ...by).stderr).toContain("Nearest: complete-task");
    expect(place.pawl("override", "complete-task", "w.tasta", ...by).stderr).toContain("Nearest: w.taste");
    expect(place.pawl("override", "fail-workstream", "w.taste", ...by).stderr).toContain("OVERRIDE_OF_ANOTHER_KIND");
  });
});
