import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isAlive } from "../pipeline/command/setting.fixture.ts";
import { appears, seenIn } from "../waiting.fixture.ts";
import { placeWith, planOf } from "./pawl.fixture.ts";
import { abandonedPlace, killedAroundCommand, slowPlace } from "./slow.fixture.ts";

describe("a run that is cancelled", () => {
  test("another process is refused meanwhile, and can cancel it", async () => {
    const place = slowPlace();
    const { ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    expect(place.pawl("resume")).toMatchObject({ status: 75, stderr: expect.stringContaining("STORE_IN_USE") });
    expect((await place.look("status")).stdout).toContain("w.first  running");
    expect(place.pawl("cancel", "--operator", "ines", "--reason", "enough").stdout).toBe("p-1 is canceled.\n");
    expect((await ended).status).toBe(1);
    expect(
      (await place.look("events", "--json")).stdout.split("\n").find((line) => line.includes('"canceled"')),
    ).toContain('"operator":"ines"');
    expect((await place.look("status")).stdout).toMatch(/^p-1 {2}canceled .* branch pawl\/p-1 {2}enough\n/);
    expect(place.pawl("cancel")).toMatchObject({ status: 2, stderr: expect.stringContaining("RUN_ENDED") });
  });

  test("a cancel that is interrupted before anybody took it up is withdrawn", async () => {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGSTOP");
    const asking = place.start("cancel");
    const inbox = join(place.folder, ".state/inbox");
    const requests = () => readdirSync(inbox).filter((name) => name.endsWith(".json"));
    await seenIn(inbox, () => requests().length > 0);
    asking.process.kill("SIGINT");
    expect(await asking.ended).toEqual({
      status: 130,
      stdout: "",
      stderr: "note: what was asked is withdrawn, nothing was done\n",
    });
    expect(requests()).toEqual([]);
    pawl.kill("SIGCONT");
    place.write("go", "");
    expect((await ended).status).toBe(0);
  });

  test("cancel and override stop what a killed process left running, and need no secret for it", async () => {
    const tasks = [
      "{ id: t, run: 'echo $$ $PPID > $MARK.new; mv $MARK.new $MARK; exec sleep 600', allow_failure: true }",
      "{ id: rest, run: 'true', changes: none }",
    ];
    const place = placeWith(planOf(tasks, "concurrency: 1\nsecrets: [TOKEN]\n"));
    place.env = { MARK: join(place.folder, ".git/mark"), TOKEN: "hunter2-hunter2" };
    const command = await killedAroundCommand(place.start("run", "plan.yaml"), join(place.folder, ".git/mark"));
    place.env = {};
    expect(place.pawl("override", "fail-task", "w.t", "--operator", "ines", "--reason", "enough")).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(isAlive(command)).toBe(false);
    expect(place.pawl("cancel")).toMatchObject({ status: 0, stdout: "p-1 is canceled.\n", stderr: "" });
  });

  test("a run that nobody works on is cancelled without anything of it starting", async () => {
    const place = await abandonedPlace();
    expect(place.pawl("cancel").stdout).toBe("p-1 is canceled.\n");
    expect(JSON.parse((await place.look("status", "--json")).stdout)).toMatchObject({
      run: { state: "canceled" },
      workstreams: [{ state: "cancelled" }],
    });
  });

  test("two who cancel a run that nobody works on are both answered", async () => {
    const place = await abandonedPlace();
    const both = await Promise.all([place.start("cancel").ended, place.start("cancel").ended]);
    expect(both.map(({ status }) => status).sort()).toEqual([0, 2]);
    expect(both.find(({ status }) => status === 2)?.stderr).toContain("[RUN_ENDED]");
  });
});
