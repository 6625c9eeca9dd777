import { expect, test } from "vitest";
import { placeWith, planOf } from "./pawl.fixture.ts";

const plan = `pawl: 1
name: p
base: main
gates:
  red: { type: UNIT, run: "echo broken; false" }
workstreams:
  - id: tasks
    allow_failure: true
    tasks:
      - { id: bad, run: "exit 3" }
      - { id: after, run: "true", depends_on: [bad] }
  - id: merge
    final: [red]
    allow_failure: true
    tasks:
      - { id: good, run: "echo one > b.txt" }
  - id: behind
    depends_on: [tasks]
    allow_failure: true
    tasks:
      - { id: never, run: "true" }
  - id: fine
    tasks:
      - { id: kept, run: "echo two > c.txt" }
`;

test("where the state folder was named, the next commands name it too", () => {
  const place = placeWith(plan);
  const { stdout } = place.pawl("run", "plan.yaml", "--state", "kept here");
  const commands = stdout
    .slice(stdout.indexOf("\nnext\n"))
    .match(/(?<=^ {2})pawl .*?(?= {2})/gm)
    ?.map((line) => line.split(" --state 'kept here' "));
  expect(commands).toEqual([
    ["pawl merge", "p-1"],
    ["pawl show", "tasks.bad"],
    ["pawl show", "merge"],
    ["pawl events", "p-1"],
  ]);
  expect(place.pawl("show", "tasks.bad", "--state", "kept here").stdout).toContain(
    "pawl run --state 'kept here' PLAN\n",
  );
  const shown = place.pawl("show", "merge", "--state", "./kept here", "--json").stdout;
  expect(JSON.parse(shown).next[0]).toBe(
    "pawl logs --state './kept here' merge~m1~red  prints all that is kept of what the gate said",
  );
});

test("what is refused where the state folder was named has a fix that names it too", async () => {
  const place = placeWith(plan);
  expect((await place.look("status", "--state=kept here")).stderr).toContain("pawl run --state 'kept here' plan.yaml");
  expect((await place.look("status")).stderr).toContain("Start one: pawl run plan.yaml.");
});

test("what failed or waited in vain names what is to blame, down to the gate before a merge", async () => {
  const place = placeWith(plan);
  const { status, stdout } = place.pawl("run", "plan.yaml");
  expect(status).toBe(0);
  expect(stdout).toContain("  pawl show tasks.bad  says what went wrong\n  pawl show merge  says what went wrong\n");
  expect(stdout).toContain("    tasks.after  cancelled  task tasks.bad did not complete\n");
  expect(stdout).toMatch(/^ {2}merge +failed.* 1 of 1 task completed {2}gate red: exit code 1$/m);
  expect(stdout).toMatch(/^ {2}behind +skipped.* 1 cancelled {2}workstream tasks did not complete$/m);
  expect(stdout).toMatch(/p-1\/behind {2}blocked → skipped .*: workstream tasks did not complete\n/);
  for (const [entity, next] of [
    ["tasks", ["pawl show tasks.bad  says what went wrong"]],
    ["tasks.after", ["pawl show tasks.bad  says what went wrong"]],
    ["behind", ["pawl show tasks  says what went wrong"]],
    [
      "merge",
      [
        "pawl logs merge~m1~red  prints all that is kept of what the gate said",
        "git log pawl/p-1..pawl-work/p-1/merge  prints its commits, which were not merged",
      ],
    ],
    ["merge.good", []],
  ] as const) {
    const shown = (await place.look("show", entity)).stdout;
    expect([entity, shown.split("\nnext\n")[1] ?? ""]).toEqual([entity, next.map((line) => `  ${line}\n`).join("")]);
    expect(JSON.parse((await place.look("show", entity, "--json")).stdout).next).toEqual(next);
  }
});

test("the log of a gate that printed nothing is not named, as there is none", async () => {
  const place = placeWith(plan.replace("echo broken; false", "false"));
  place.pawl("run", "plan.yaml");
  expect(JSON.parse((await place.look("show", "merge", "--json")).stdout).next).toEqual([
    "git log pawl/p-1..pawl-work/p-1/merge  prints its commits, which were not merged",
  ]);
});

test("what is named of an earlier run has that run in front, as the last one is meant without", async () => {
  const place = placeWith(plan);
  place.pawl("run", "plan.yaml");
  place.write("plan.yaml", planOf(["{ id: other, run: 'true' }"]));
  const withoutCommits = place.pawl("run", "plan.yaml").stdout;
  expect(withoutCommits.split("\nnext\n")[1]).toBe("  pawl events p-2  prints every transition\n");
  for (const [entity, next] of [
    ["tasks.bad", ["mend what it reports, in the plan or in the repository, and start a new run: pawl run PLAN"]],
    ["tasks.after", ["pawl show p-1/tasks.bad  says what went wrong"]],
    ["behind", ["pawl show p-1/tasks  says what went wrong"]],
    [
      "merge",
      [
        "pawl logs p-1/merge~m1~red  prints all that is kept of what the gate said",
        "git log pawl/p-1..pawl-work/p-1/merge  prints its commits, which were not merged",
      ],
    ],
  ] as const) {
    const shown = await place.look("show", entity, "--run", "p-1", "--json");
    expect([entity, JSON.parse(shown.stdout).next]).toEqual([entity, next]);
  }
  expect((await place.look("show", "p-1/tasks.bad")).stdout).toContain("task p-1/tasks.bad: failed");
});

test("a run whose branch somebody deleted says how it ended, and where its commits are", () => {
  const place = placeWith(planOf(["{ id: t, run: 'echo x > x; git branch -q -D pawl/p-1' }"]));
  const { status, stdout } = place.pawl("run", "plan.yaml");
  expect(status).toBe(1);
  expect(stdout).toContain("\np-1  failed");
  const [, log = ""] = /^ {2}git (log .*?) {2}prints the commits that were not merged$/m.exec(stdout) ?? [];
  expect(place.git(...log.split(" "), "--format=%s")).toMatch(/^w\.t: /);
});

test("a gate that said nothing is named without a command that would find nothing, also by what is behind others", async () => {
  const gates = `gates:
  slow: { type: UNIT, run: "sleep 60", timeout: 100ms }
  next: { type: UNIT, run: "true", depends_on: [slow] }
  last: { type: UNIT, run: "true", depends_on: [next] }
`;
  const place = placeWith(planOf(["{ id: t, run: 'true', depends_on: [last] }"], gates));
  expect(place.pawl("run", "plan.yaml").status).toBe(1);
  const next = "mend what it reports, in the plan or in the repository, and start a new run: pawl run PLAN";
  const task = (await place.look("show", "w.t")).stdout;
  expect(task).toContain("\ngate w~slow failed\n  does: sleep 60\n  exit code: none (timed out after 0.1 s)\n");
  expect(task.split("\nnext\n")[1]).toBe(`  ${next}\n`);
  const gate = (await place.look("show", "w~last")).stdout;
  expect(gate.split("\nnext\n")[1]).toBe("  pawl show w~slow  says what went wrong\n");
});
