import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { placeWith, planOf } from "./pawl.fixture.ts";

const lastJson = (stdout: string): Record<string, unknown> => JSON.parse(stdout.trim().split("\n").at(-1) ?? "");

describe("the command line", () => {
  test("names the nearest command, and the options that there are", () => {
    const place = placeWith("");
    expect(place.pawl("satus")).toMatchObject({ status: 2, stderr: expect.stringContaining("Nearest: status") });
    for (const inherited of ["constructor", "toString", "hasOwnProperty"]) {
      expect(place.pawl(inherited)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^pawl has no command .*\[CLI_UNKNOWN_COMMAND\]/),
      });
      expect(place.pawl("graph", "task", "--format", inherited)).toMatchObject({
        status: 2,
        stdout: "",
        stderr: expect.stringContaining("[CLI_BAD_OPTION]"),
      });
    }
    expect(place.pawl("status", "--jsn")).toMatchObject({ status: 2, stderr: expect.stringContaining("--json") });
    expect(place.pawl("status")).toMatchObject({ status: 2, stderr: expect.stringContaining("NO_RUNS") });
    expect(place.pawl("events", "--limit", "x")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("CLI_BAD_OPTION"),
    });
  });

  test("prints a JSON Schema, and says of a good plan what is in it", () => {
    const place = placeWith(planOf(["{ id: t, run: 'true' }"]));
    expect(JSON.parse(place.pawl("schema").stdout)).toMatchObject({ title: "A Pawl plan" });
    expect(place.pawl("validate", "plan.yaml").stdout).toBe("p: a good plan with 1 workstream, 1 task, 0 gates.\n");
  });

  test("says the version of the package", () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(placeWith("").pawl("--version").stdout).toBe(`${version}\n`);
  });

  test("names the nearest entity", () => {
    const place = placeWith(planOf(["{ id: taste, run: 'true', changes: none }"]));
    place.pawl("run", "plan.yaml");
    expect(place.pawl("show", "w.tasta")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("Nearest: w.taste"),
    });
    expect(lastJson(place.pawl("status", "--json").stdout)).toMatchObject({ run: { run_id: "p-1" } });
  });
});
