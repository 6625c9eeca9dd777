import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorTable, PawlError } from "../../src/base/errors/index.ts";
import { describeError, exitStatusOf } from "../../src/cli/failure.ts";
import { inThisProcess } from "./in-process.fixture.ts";
import { Place, placeWith, planOf } from "./pawl.fixture.ts";

describe("an error on the command line", () => {
  const known = new PawlError("RUN_ENDED", { run: "p-1", state: "failed" });

  test("says its code, what happened and the way out, and has the exit status of its row", () => {
    expect(describeError(known, false)).toBe(
      "run p-1 has ended already: failed [RUN_ENDED]\n  pawl status p-1 shows how; a new run is started with pawl run.\n",
    );
    expect(exitStatusOf(known)).toBe(2);
  });

  test("is one object in one line with --json", () => {
    const text = describeError(known, true);
    expect(text.trimEnd()).not.toContain("\n");
    expect(JSON.parse(text)).toMatchObject({
      error: { code: "RUN_ENDED", fix: expect.stringContaining("pawl status p-1") },
    });
  });

  test("names the state folder in the commands of its fix, where it was named", () => {
    const fixes = (state: string | undefined) => [
      describeError(known, false, state).split("\n")[1]?.trim(),
      JSON.parse(describeError(known, true, state)).error.fix,
    ];
    const named =
      "pawl status --state 'it'\\''s here' p-1 shows how; a new run is started with pawl run --state 'it'\\''s here'.";
    expect(fixes("it's here")).toEqual([named, named]);
    expect(fixes(undefined)).toEqual([known.fix, known.fix]);
    const others = [
      new PawlError("OVERRIDE_UNKNOWN", { action: "x", nearest: "none" }),
      new PawlError("BRANCH_OF_ANOTHER_RUN", { branch: "pawl/p-1", found: "abc", run: "p-1" }),
      new PawlError("PLAN_INVALID", { file: "plan.yaml", count: "1 problem", first: "it" }),
    ];
    expect(others.map((each) => describeError(each, false, "x"))).toEqual(
      others.map((each) => describeError(each, false)),
    );
  });

  test("of the system says which file it refused, and does not ask for a report", () => {
    const refused = Object.assign(new Error("EACCES: permission denied, open '/x/transitions.jsonl'"), {
      code: "EACCES",
    });
    expect(describeError(refused, false)).toMatch(
      /^the system refuses a file: EACCES.*jsonl' \[FILE_REFUSED\]\n {2}See that you may/,
    );
    expect(exitStatusOf(refused)).toBe(1);
  });

  test("that nobody knew of asks for a report, whatever was thrown", () => {
    for (const thrown of [new TypeError("x is not a function"), "a text", undefined]) {
      expect(describeError(thrown, false)).toMatch(
        /^something went wrong inside Pawl: .*\[INTERNAL\]\n {2}Please report it/s,
      );
      expect(exitStatusOf(thrown)).toBe(1);
    }
    // A file that is missing is a fault of Pawl's, where no row says otherwise.
    const missing = (() => {
      try {
        return readFileSync("/no/such/file");
      } catch (error) {
        return error;
      }
    })();
    expect(describeError(missing, false)).toContain("[INTERNAL]");
  });
});

test("the fixes of the table name commands that pawl has, with options that they have", async () => {
  const calls = Object.entries(errorTable).flatMap(([code, { fix }]) =>
    [...fix.matchAll(/\bpawl ([a-z]+)\b([^.,;)]*)/g)].map(([, command = "", rest = ""]) => ({ code, command, rest })),
  );
  expect(calls.length).toBeGreaterThan(10);
  for (const { code, command, rest } of calls) {
    const { status, stdout } = await inThisProcess({ cwd: tmpdir() }, command, "--help");
    const missing = (rest.match(/--[a-z-]+/g) ?? []).filter((option) => !stdout.includes(option));
    expect([code, command, status, missing]).toEqual([code, command, 0, []]);
  }
});

test("what belongs to another run than the last one is named as the fix says", async () => {
  const place = placeWith(planOf(["{ id: first, run: 'true', changes: none }"]));
  place.pawl("run", "plan.yaml");
  place.write("plan.yaml", planOf(["{ id: second, run: 'true', changes: none }"]));
  place.pawl("run", "plan.yaml");
  for (const args of [["show"], ["events", "--entity"], ["graph", "task", "--entity"]]) {
    expect((await place.look(...args, "w.first")).stderr).toContain(
      "What is of another run has that in front: RUN/NAME.",
    );
    expect(await place.look(...args, "p-1/w.first")).toMatchObject({ status: 0, stderr: "" });
  }
});

test("in a folder that is not there any more, its name is said", () => {
  const place = new Place();
  const gone = join(place.folder, "gone");
  const inGone = ["sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh"];
  expect(place.pawlBy(inGone, "status")).toEqual({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(`not there any more: .*${gone} \\[FOLDER_GONE\\]\n  Change into one`),
  });
});
