import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { placeWith, planOf } from "./pawl.fixture.ts";

const lastJson = (stdout: string): Record<string, unknown> => JSON.parse(stdout.trim().split("\n").at(-1) ?? "");

describe("the command line", () => {
  test("names the nearest command, and the options that there are", async () => {
    const place = placeWith("");
    expect(place.pawl("satus")).toMatchObject({ status: 2, stderr: expect.stringContaining("Nearest: status") });
    for (const inherited of ["constructor", "toString", "hasOwnProperty"]) {
      expect(place.pawl(inherited)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^pawl has no command .*\[CLI_UNKNOWN_COMMAND\]/),
      });
      expect(await place.look("graph", "task", "--format", inherited)).toMatchObject({
        status: 2,
        stdout: "",
        stderr: expect.stringContaining("[CLI_BAD_OPTION]"),
      });
    }
    expect(await place.look("status", "--jsn")).toMatchObject({ status: 2, stderr: expect.stringContaining("--json") });
    expect(await place.look("status")).toMatchObject({ status: 2, stderr: expect.stringContaining("NO_RUNS") });
    expect(await place.look("events", "--limit", "x")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("CLI_BAD_OPTION"),
    });
  });

  test.each([
    [["status", "--jsn"], "pawl status", "unknown option '--jsn' (Did you mean --json?)"],
    [["show"], "pawl show", "missing required argument 'entity'"],
    [["validate", "a", "b"], "pawl validate", "too many arguments for 'validate'. Expected 1 argument but got 2."],
    [["--state", "x", "status"], "pawl", "unknown option '--state'"],
  ])("says of %j what is wrong as of any other error, and with --json as one object", async (args, command, detail) => {
    const place = placeWith("");
    expect(await place.look(...args)).toEqual({
      status: 2,
      stdout: "",
      stderr: `${command} was called wrongly: ${detail} [CLI_USAGE]\n  ${command} --help shows what it takes.\n`,
    });
    const { status, stdout, stderr } = await place.look(...args, "--json");
    expect([status, stdout, JSON.parse(stderr)]).toMatchObject([2, "", { error: { code: "CLI_USAGE" } }]);
  });

  test("makes nothing where nothing was ever run", () => {
    const place = placeWith("");
    for (const command of [["resume"], ["resume", "p-1"], ["cancel"], ["verify"], ["status"]]) {
      expect(place.pawl(...command)).toMatchObject({ status: 2, stderr: expect.stringContaining("[NO_RUNS]") });
    }
    expect(existsSync(join(place.folder, ".state"))).toBe(false);
  });

  test("prints its help where nothing is called, which is no success", async () => {
    expect(await placeWith("").look()).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^Usage: pawl/),
    });
  });

  test("prints the help of a command that is asked about, and names the nearest where there is none", async () => {
    const place = placeWith("");
    expect(await place.look("help", "status")).toEqual(await place.look("status", "--help"));
    expect(await place.look("help", "satus")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^pawl has no command satus \[CLI_UNKNOWN_COMMAND\]\n {2}Nearest: status\./),
    });
  });

  test("prints a JSON Schema, and says of a good plan what is in it", async () => {
    const place = placeWith(planOf(["{ id: t, run: 'true' }"]));
    expect(JSON.parse((await place.look("schema")).stdout)).toMatchObject({ title: "A Pawl plan" });
    expect((await place.look("validate", "plan.yaml")).stdout).toBe(
      "p: a good plan with 1 workstream, 1 task, 0 gates.\n",
    );
  });

  test("finds good what pawl run does: a patch elsewhere in the repository than the plan", async () => {
    const place = placeWith("");
    place.write("plans/plan.yaml", planOf(["{ id: t, patch: ../patches/p.patch }"]));
    place.write(
      "patches/p.patch",
      "diff --git a/b b/b\nnew file mode 100644\n--- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+b\n",
    );
    expect(await place.look("validate", "plans/plan.yaml")).toMatchObject({ status: 0, stderr: "" });
    expect(place.pawl("run", "plans/plan.yaml")).toMatchObject({ status: 0, stderr: "" });
  });

  test("says the version of the package", () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(placeWith("").pawl("--version").stdout).toBe(`${version}\n`);
  });

  test("takes the name that events print of an entity, and its run, beside the run they are of", async () => {
    const place = placeWith(planOf(["{ id: taste, run: 'true', changes: none }"]));
    place.pawl("run", "plan.yaml");
    place.pawl("run", "plan.yaml", "--id", "w");
    const ofTaste = (await place.look("events", "p-1", "--entity", "w.taste")).stdout;
    expect(ofTaste).toContain("p-1/w.taste  pending → queued");
    expect((await place.look("events", "p-1", "--entity", "p-1/w.taste")).stdout).toBe(ofTaste);
    expect(await place.look("graph", "run", "--entity", "p-1", "--run", "p-1")).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect((await place.look("show", "w")).stdout).toMatch(/^run w: succeeded/);
    expect((await place.look("show", "w", "--run", "w")).stdout).toMatch(/^workstream w\/w: completed/);
    expect(await place.look("show", "p-1/w.taste", "--run", "w")).toMatchObject({ status: 2, stdout: "" });
  });

  test("names the nearest entity", async () => {
    const place = placeWith(planOf(["{ id: taste, run: 'true', changes: none }"]));
    place.pawl("run", "plan.yaml");
    expect(await place.look("show", "w.tasta")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("Nearest: w.taste"),
    });
    expect((await place.look("logs", "tasta")).stderr).toContain("Nearest: w.taste");
    expect((await place.look("show", "taste")).stdout).toMatch(/^task p-1\/w\.taste: completed/);
    expect(lastJson((await place.look("status", "--json")).stdout)).toMatchObject({ run: { run_id: "p-1" } });
    place.pawl("run", "plan.yaml");
    expect(await place.look("show", "p-1/w.tasta")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/"p-1\/w.tasta" in .*\n {2}Nearest: .*RUN\/NAME/),
    });
  });

  test("names the attempts whose output is kept where another one is asked for", async () => {
    const place = placeWith(planOf(["{ id: t, run: 'echo hello', changes: none }"]));
    place.pawl("run", "plan.yaml");
    expect((await place.look("logs", "w.t", "--attempt", "1")).stdout).toContain("hello");
    expect(await place.look("logs", "w.t", "--attempt", "2")).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^p-1\/w\.t has no output .* \[NO_LOGS\]\n.*: 1\D/),
    });
  });
});
